# bash completion for recyclerctl(1).

# Adds those of the words that begin with $1; quoted, for a slot may be named like any file.
_recyclerctl_offer() {
    local start=$1 word quoted
    shift
    for word; do
        if [[ $word == "$start"* ]]; then
            printf -v quoted %q "$word"
            COMPREPLY+=("$quoted")
        fi
    done
}

# Those with a control socket.
_recyclerctl_apps() {
    local socket
    compgen -G "${RECYCLER_RUNTIME_DIR:-/run/recycler}/*/control" | while IFS= read -r socket; do
        if [[ -S $socket ]]; then
            socket=${socket%/control}
            printf '%s\n' "${socket##*/}"
        fi
    done
}

# What the apps answer, asked with program $1, and "all"; nothing where none answers within two seconds.
_recyclerctl_slots() {
    local slots
    slots=$(timeout 2 sh -c 'for app; do "$0" --app "$app" --json status; done' "$@" 2>/dev/null </dev/null |
        grep -o '"slot":"[^"\\]*"' | cut -d '"' -f 4 | sort -u)
    [[ -z $slots ]] || printf '%s\n' "$slots" all
}

_recyclerctl_files() {
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -d -- "$1"; compgen -f -X '!*.toml' -- "$1")
}

_recyclerctl_any_files() {
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$1")
}

_recyclerctl() {
    local start=${COMP_WORDS[COMP_CWORD]} option= verb= app= word i
    local -a arguments=() apps slots
    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if [[ $word == = ]]; then # --app=shop comes as three words
            continue
        elif [[ -n $option ]]; then
            [[ $option != --app ]] || app=$word
            option=
        elif [[ $word =~ ^--(app|timeout|since|until|events|zone|offset|haproxy|kind|policy|by)$ ]]; then
            option=$word
        elif [[ $word == -* ]]; then
            continue
        elif [[ -z $verb ]]; then
            verb=$word
        else
            arguments+=("$word")
        fi
    done
    [[ $start != = ]] || start=

    mapfile -t apps < <(_recyclerctl_apps)
    if [[ -n $option ]]; then
        case $option in
        --app) _recyclerctl_offer "$start" "${apps[@]}" ;;
        --kind) _recyclerctl_offer "$start" nginx haproxy apache lighttpd ;;
        --by) _recyclerctl_offer "$start" growth time ;;
        --policy) _recyclerctl_files "$start" ;;
        --events | --haproxy) _recyclerctl_any_files "$start" ;;
        esac
        return
    fi
    if [[ $start == -* ]]; then
        _recyclerctl_offer "$start" --app --json --help
        case $verb in
        '') _recyclerctl_offer "$start" --version ;;
        status) _recyclerctl_offer "$start" --watch --verbose ;;
        drain) _recyclerctl_offer "$start" --timeout --no-wait --force ;;
        recycle) _recyclerctl_offer "$start" --no-wait ;;
        why) _recyclerctl_offer "$start" --since ;;
        events) _recyclerctl_offer "$start" --follow ;;
        blame) _recyclerctl_offer "$start" --by ;;
        lint) _recyclerctl_offer "$start" --kind --policy ;;
        explain) _recyclerctl_offer "$start" --events --zone --since --until --offset --haproxy --lines ;;
        esac
        return
    fi
    case $verb,${#arguments[@]} in
    ,*) _recyclerctl_offer "$start" status drain open recycle reload why events blame check lint explain stop ;;
    status,* | drain,* | open,* | recycle,* | why,0)
        [[ -z $app ]] || apps=("$app")
        mapfile -t slots < <(_recyclerctl_slots "$1" "${apps[@]}")
        for word in "${slots[@]}"; do
            [[ " ${arguments[*]} " == *" $word "* ]] || _recyclerctl_offer "$start" "$word"
        done
        ;;
    check,0)
        _recyclerctl_files "$start"
        for word in /etc/recycler/*.toml; do
            word=${word##*/}
            [[ $word == '*.toml' ]] || _recyclerctl_offer "$start" "${word%.toml}"
        done
        ;;
    lint,* | explain,*) _recyclerctl_any_files "$start" ;;
    esac
}

complete -F _recyclerctl recyclerctl
