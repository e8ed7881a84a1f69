# The part of a shell session that is ours. It comes before the first command, on standard input.
# Standard output becomes the control channel, standard error the output: of both streams, in order of arrival.
exec {__allclear_control}>&1 1>&2
# The watcher: that socket ends with Allclear, even with one that was killed, and then the session's group is killed. A
# word on it, the only one ever, means that all is in order. A group of its own, so that nobody waits for the watcher,
# and a child of nobody, so that the commands' `jobs`, `wait` and `$!` do not know it.
( set -m; ( builtin read -r -u "$__allclear_control" || builtin kill -KILL -- "-$$" ) & ) </dev/null >/dev/null 2>&1
# `dump | head` has not failed where SIGPIPE ended `dump` because `head` had read enough: errexit passes over such a
# pipeline, whose code is 141 all the same. That is so only where its last part is known for reading no further than it
# must, and where nothing else ended by SIGPIPE than what led up to it without a gap; whatever else ends so has failed.
__allclear_cut='' __allclear_pending=''
# By the codes of the pipeline's parts; its last part is the command that bash knows of.
__allclear_had_enough() {
  local __allclear_part __allclear_before=0 __allclear_reader=$BASH_COMMAND __allclear_flag=[EFGPivwxcnohHsay]
  for __allclear_part in "${@:1:$#-1}"; do
    case $__allclear_before,$__allclear_part in 0,0 | 0,141 | 141,141) ;; *) return 1 ;; esac
    __allclear_before=$__allclear_part
  done
  if [[ $__allclear_before != 141 || ${!#} != 0 ]]; then return 1; fi
  __allclear_reader=${__allclear_reader#LC_ALL=C } __allclear_reader=${__allclear_reader#command }
  case $__allclear_reader in
    # `-n -5` reads to the end.
    head | 'head '*) [[ $__allclear_reader != *@( -[nc]?( )|=)-[0-9]* ]] ;;
    read | 'read '*) [[ $__allclear_reader == read?( -r)*( +([[:alnum:]_])) ]] ;;
    grep\ * | [ef]grep\ *)
      [[ $__allclear_reader == *grep*( -+($__allclear_flag))\ -@(*($__allclear_flag)[qm]|-quiet|-silent|-max-count)* ]]
      ;;
    sed\ *) [[ $__allclear_reader == *@([0-9/}]|[{\;]*( ))[qQ]*([0-9])?([][:space:]\;}\'\"]*) ]] ;;
    # Words that it prints are no `exit`; one in `END` comes after all has been read.
    awk\ * | [gm]awk\ *)
      __allclear_reader=${__allclear_reader//\"*\"/}
      [[ $__allclear_reader == *[\{\;[:space:]]exit?([][:space:]\;}\']*) && $__allclear_reader != *END* ]]
      ;;
    *) return 1 ;;
  esac
}
# On any failure, by its code and those of the parts of its pipeline.
__allclear_failed() {
  if [[ $1 != 141 ]] || ! __allclear_had_enough "${@:2}"; then
    # The function or `eval` around that pipeline has its code, and is passed over with it.
    if [[ $1 == 141 && $__allclear_pending ]]; then
      case $BASH_COMMAND in "$__allclear_cut" | 'eval '*) return ;; esac
    fi
    __allclear_cut=''
    if [[ $__allclear_pending == e ]]; then exit "$1"; fi
    return
  fi
  __allclear_cut=$BASH_COMMAND
  # A subshell ends with that code where nothing follows; a trap of the author's own stays. Until a trap is set in it, a
  # subshell tells the traps of its parent.
  trap - DEBUG
  if [[ $BASH_SUBSHELL != 0 ]]; then
    case $(trap -p EXIT) in '' | *"'__allclear_"*) trap '__allclear_end "$?"' EXIT ;; esac
  fi
  case $-$__allclear_pending in *e*) __allclear_pending=e ;; *) __allclear_pending=off ;; esac
  set +e -T
  trap '{ __allclear_go_on; } 2>/dev/null' DEBUG
}
# Before the next command errexit is back; what calls us on the way out of that pipeline is none. Before the one after it
# 141 is a failure again: where the next one is ours, which tells how all has ended, the pipeline was the last.
__allclear_go_on() {
  if [[ ! $__allclear_pending ]]; then
    __allclear_cut=''
    trap - DEBUG
    return
  fi
  case $BASH_COMMAND in "$__allclear_cut" | 'eval '*) return ;; esac
  if [[ $__allclear_pending == e ]]; then set -e; fi
  set +T
  __allclear_pending=''
}
__allclear_end() {
  if [[ $1 == 141 && $__allclear_cut ]]; then exit 0; fi
}
# Tells how a command (or the whole session) ended, and what the session knows: directory, options, variables, functions.
__allclear_report() {
  set +euxv
  local IFS=$' \t\n' __allclear_name __allclear_names=() __allclear_code=$2
  if [[ $2 == 141 && $__allclear_cut ]]; then __allclear_code=0; fi
  __allclear_cut=''
  {
    builtin printf '%s %s\0%s\0' "$1" "$__allclear_code" "$PWD"
    if [[ $__allclear_code == 0 ]]; then
      # The options, without a line for each: a line is a write.
      builtin printf 'shopt -u ${BASHOPTS//:/ }\nshopt -s %s\n' "${BASHOPTS//:/ }"
      builtin umask -p
      # Every variable there is, by its first letter: no process is needed for that, as it is for the output of `compgen`.
      for __allclear_name in \
        "${!A@}" "${!B@}" "${!C@}" "${!D@}" "${!E@}" "${!F@}" "${!G@}" "${!H@}" "${!I@}" "${!J@}" "${!K@}" \
        "${!L@}" "${!M@}" "${!N@}" "${!O@}" "${!P@}" "${!Q@}" "${!R@}" "${!S@}" "${!T@}" "${!U@}" "${!V@}" \
        "${!W@}" "${!X@}" "${!Y@}" "${!Z@}" "${!a@}" "${!b@}" "${!c@}" "${!d@}" "${!e@}" "${!f@}" "${!g@}" \
        "${!h@}" "${!i@}" "${!j@}" "${!k@}" "${!l@}" "${!m@}" "${!n@}" "${!o@}" "${!p@}" "${!q@}" "${!r@}" \
        "${!s@}" "${!t@}" "${!u@}" "${!v@}" "${!w@}" "${!x@}" "${!y@}" "${!z@}" "${!_@}"; do
        # What was captured is secret, and set anew for each command that needs it.
        [[ ${__allclear_captured-} == *" $__allclear_name "* ]] && continue
        case $__allclear_name in
          __allclear_* | ALLCLEAR_SESSION | BASH* | _ | DIRSTACK | EPOCH* | EUID | FUNCNAME | GROUPS | HISTCMD | IFS | LINENO) ;;
          OLDPWD | OPTIND | PIPESTATUS | PPID | PWD | RANDOM | SECONDS | SHELLOPTS | SHLVL | SRANDOM | UID) ;;
          *) __allclear_names+=("$__allclear_name") ;;
        esac
      done
      builtin declare -p "${__allclear_names[@]}"
      builtin declare -f
      builtin declare -Fx
    fi
    builtin printf '\0'
  } >&"$__allclear_control"
}
# Tells how a capture ended: by the first part of its pipeline that failed.
__allclear_report_capture() {
  local __allclear_code=0 __allclear_part
  for __allclear_part; do
    if [[ $__allclear_code == 0 ]]; then __allclear_code=$__allclear_part; fi
  done
  __allclear_cut=''
  builtin printf '\0done %s\0\0\0' "$__allclear_code" >&"$__allclear_control"
}
set -E
trap '{ __allclear_failed "$?" "${PIPESTATUS[@]}"; } 2>/dev/null' ERR
trap '__allclear_report ended "$?" 2>/dev/null' EXIT
