#compdef recyclerd
# zsh completion for recyclerd(8): the apps of /etc/recycler, and policy files, which have a slash in their name.

_recyclerd_policies() {
    if [[ $PREFIX == */* ]]; then
        _files -g '*.toml'
    else
        local -a apps=(/etc/recycler/*.toml(N:t:r))
        compadd -X 'app' -a apps
    fi
}

_arguments \
    '(-h --help)'{-h,--help}'[print help and exit]' \
    '--version[print the version and exit]' \
    '--check[validate the policy, say every fault, and leave]' \
    '--dry-run[serve, decide and log, but retire nobody]' \
    '1:app or policy:_recyclerd_policies'
