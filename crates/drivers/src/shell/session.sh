# The part of a shell session that is ours. It comes before the first command, on standard input.
# Standard output becomes the control channel, standard error the output: of both streams, in order of arrival.
exec {__allclear_control}>&1 1>&2
# The watcher: that socket ends with Allclear, even with one that was killed, and then the session's group is killed. A
# word on it, the only one ever, means that all is in order. A group of its own, so that nobody waits for the watcher,
# and a child of nobody, so that the commands' `jobs`, `wait` and `$!` do not know it.
( set -m; ( builtin read -r -u "$__allclear_control" || builtin kill -KILL -- "-$$" ) & ) </dev/null >/dev/null 2>&1
# On any failure, by its code and those of the parts of its pipeline. `dump | head` has not failed where SIGPIPE ended
# `dump` because `head` had read enough: errexit passes over such a pipeline, whose code is 141 all the same.
__allclear_cut='' __allclear_pending=''
__allclear_failed() {
  local __allclear_part __allclear_other=''
  for __allclear_part; do
    if [[ $__allclear_part != 0 && $__allclear_part != 141 ]]; then __allclear_other=1; fi
  done
  if [[ $1 != 141 || $__allclear_other || ${!#} != 0 ]]; then
    # The function or `eval` around that pipeline has its code, and is passed over with it.
    case $1$BASH_COMMAND in 141"$__allclear_cut" | '141eval '*) return ;; esac
    __allclear_cut=''
    if [[ $__allclear_pending ]]; then exit "$1"; fi
    return
  fi
  __allclear_cut=$BASH_COMMAND
  # A subshell ends with that code where nothing follows; a trap of the author's own stays.
  if [[ $BASH_SUBSHELL != 0 ]]; then
    case $(trap -p EXIT) in '' | *"'__allclear_"*) trap '__allclear_end "$?"' EXIT ;; esac
  fi
  if [[ $- != *e* ]]; then return; fi
  __allclear_pending=1
  set +e -T
  trap '{ __allclear_go_on; } 2>/dev/null' DEBUG
}
# Before the next command errexit is back; what calls us on the way out of that pipeline is none.
__allclear_go_on() {
  case $BASH_COMMAND in "$__allclear_cut" | 'eval '*) return ;; esac
  set -e +T
  trap - DEBUG
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
