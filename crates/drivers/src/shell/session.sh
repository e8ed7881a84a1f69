# The part of a shell session that is ours. It comes before the first command, on standard input.
# Standard output becomes the control channel, standard error the output: of both streams, in order of arrival.
exec {__allclear_control}>&1 1>&2
# The watcher: that socket ends with Allclear, even with one that was killed, and then the session's group is killed. A
# word on it, the only one ever, means that all is in order. A group of its own, so that nobody waits for the watcher,
# and a child of nobody, so that the commands' `jobs`, `wait` and `$!` do not know it.
( set -m; ( builtin read -r -u "$__allclear_control" || builtin kill -KILL -- "-$$" ) & ) </dev/null >/dev/null 2>&1
# On the way out of a subshell that performs one pipeline: `dump | head` has not failed where SIGPIPE ended `dump` because
# `head` had read enough. By the places of the parts that stop reading early, the pipeline's code and those of its parts.
# Who was cut off has read no further either; whoever else ended by SIGPIPE has failed.
__allclear_leave() {
  set +e
  local __allclear_early=" $1 " __allclear_part __allclear_code=0 __allclear_enough=''
  if [[ $2 != 141 ]]; then return; fi
  shift 2
  for ((__allclear_part = $#; __allclear_part > 0; __allclear_part--)); do
    if [[ ${!__allclear_part} == 141 && $__allclear_enough ]]; then continue; fi
    if [[ $__allclear_code == 0 ]]; then __allclear_code=${!__allclear_part}; fi
    __allclear_enough=''
    if [[ $__allclear_early == *" $((__allclear_part - 1)) "* ]]; then __allclear_enough=1; fi
  done
  exit "$__allclear_code"
}
# Tells how a command (or the whole session) ended, and what the session knows: directory, options, variables, functions.
__allclear_report() {
  set +euxv
  local IFS=$' \t\n' __allclear_name __allclear_names=()
  {
    builtin printf '%s %s\0%s\0' "$1" "$2" "$PWD"
    if [[ $2 == 0 ]]; then
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
  builtin printf '\0done %s\0\0\0' "$__allclear_code" >&"$__allclear_control"
}
trap '__allclear_report ended "$?" 2>/dev/null' EXIT
