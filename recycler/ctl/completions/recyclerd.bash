# bash completion for recyclerd(8): the apps of /etc/recycler, and policy files, which have a slash in their name.

_recyclerd() {
    local start=${COMP_WORDS[COMP_CWORD]} policy
    COMPREPLY=()
    if [[ $start == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W '--check --dry-run --help --version' -- "$start")
    elif [[ $start == */* ]]; then
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -d -- "$start"; compgen -f -X '!*.toml' -- "$start")
    else
        while IFS= read -r policy; do
            policy=${policy##*/}
            policy=${policy%.toml}
            [[ $policy != "$start"* ]] || COMPREPLY+=("$policy")
        done < <(compgen -G '/etc/recycler/*.toml')
    fi
}

complete -F _recyclerd recyclerd
