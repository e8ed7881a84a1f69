# The part of a shell session that is ours. It comes before the first command, on standard input.
# Standard output becomes the control channel, standard error the output: of both streams, in order of arrival.
exec {__allclear_control}>&1 1>&2
# The watcher: that socket ends with Allclear, even with one that was killed, and then the session's group is killed. A
# word on it, the only one ever, means that all is in order. A group of its own, so that nobody waits for the watcher,
# and a child of nobody, so that the commands' `jobs`, `wait` and `$!` do not know it.
( set -m; ( builtin read -r -u "$__allclear_control" || builtin kill -KILL -- "-$$" ) & ) </dev/null >/dev/null 2>&1
# Tells how a command (or the whole session) ended, and what the session knows: directory, options, variables, functions.
__allclear_report() {
  set +euxv
  local IFS=$' \t\n' __allclear_name
  {
    builtin printf '%s %s\0%s\0' "$1" "$2" "$PWD"
    if [[ $2 == 0 ]]; then
      builtin shopt -p
      builtin umask -p
      while read -r __allclear_name; do
        # What was captured is secret, and set anew for each command that needs it.
        [[ ${__allclear_captured-} == *" $__allclear_name "* ]] && continue
        case $__allclear_name in
          __allclear_* | BASH* | _ | DIRSTACK | EPOCH* | EUID | FUNCNAME | GROUPS | HISTCMD | IFS | LINENO) ;;
          OLDPWD | OPTIND | PIPESTATUS | PPID | PWD | RANDOM | SECONDS | SHELLOPTS | SHLVL | SRANDOM | UID) ;;
          *) builtin declare -p "$__allclear_name" ;;
        esac
      done < <(compgen -v)
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
