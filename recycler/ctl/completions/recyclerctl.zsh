#compdef recyclerctl
# zsh completion for recyclerctl(1).

# Those with a control socket.
_recyclerctl_running() {
    reply=(${RECYCLER_RUNTIME_DIR:-/run/recycler}/*/control(N=:h:t))
}

_recyclerctl_apps() {
    local -a reply
    _recyclerctl_running
    compadd -X 'app' -a reply
}

# What the apps answer, and "all"; nothing where none answers within two seconds.
_recyclerctl_slots() {
    local -a reply slots
    local app=${${(M)typed:#--app=*}#--app=} place=${typed[(I)--app]}
    (( ! place )) || app=$typed[place+1]
    if [[ -n $app ]]; then
        reply=($app)
    else
        _recyclerctl_running
    fi
    slots=(${(f)"$(timeout 2 sh -c 'for app; do "$0" --app "$app" --json status; done' $typed[1] $reply 2>/dev/null </dev/null |
        grep -o '"slot":"[^"\\]*"' | cut -d '"' -f 4 | sort -u)"})
    (( ! $#slots )) || slots+=(all)
    local -a named=($words[1,CURRENT-1])
    slots=(${slots:|named})
    compadd -X 'slot' -a slots
}

_recyclerctl_policies() {
    _files -g '*.toml'
    [[ $PREFIX == */* ]] && return
    local -a apps=(/etc/recycler/*.toml(N:t:r))
    compadd -X 'app' -a apps
}

_recyclerctl_verbs() {
    local -a verbs=(
        'status:show what each slot and its worker does'
        'drain:close the gate, wait until the worker is idle, keep it alive'
        'open:put a drained worker back'
        'recycle:drain and replace workers, within the capacity budget'
        'reload:read the policy again'
        'why:say why workers ended'
        'events:show what has happened'
        'blame:show which requests make workers grow, or are slow'
        'check:check a policy'
        'lint:check the configuration of a balancer'
        'explain:say what stood behind each line of a balancer'\''s log'
        'stop:drain all workers and end the daemon'
    )
    _describe verb verbs
}

_recyclerctl() {
    local curcontext=$curcontext context state state_descr
    local -a line typed=($words)
    local -A opt_args
    local -a everywhere=(
        '(-h --help)'{-h,--help}'[print help and exit]'
        '--app=[which app]:app:_recyclerctl_apps'
        '--json[print JSON]'
    )
    local no_wait='--no-wait[return as soon as the order is accepted]'
    _arguments -C $everywhere '--version[print the version and exit]' '1:verb:_recyclerctl_verbs' '*::argument:->verb' && return
    [[ $state == verb ]] || return
    case $words[1] in
    status) _arguments $everywhere '--watch[redraw it every second]' '--verbose[show limitations in full]' '*:slot:_recyclerctl_slots' ;;
    drain) _arguments $everywhere $no_wait '--timeout=[wait no longer than this]:span (30s, 5min):' \
        '--force[also close the last open gate of the app]' '*:slot:_recyclerctl_slots' ;;
    open) _arguments $everywhere '*:slot:_recyclerctl_slots' ;;
    recycle) _arguments $everywhere $no_wait '*:slot:_recyclerctl_slots' ;;
    why) _arguments $everywhere '--since=[a span back or a time]:span (2h) or time (RFC 3339):' '1:slot:_recyclerctl_slots' ;;
    events) _arguments $everywhere '--follow[go on with later events]' ;;
    blame) _arguments $everywhere '--by=[show only one table]:order:(growth time)' ;;
    check) _arguments $everywhere '1:app or policy:_recyclerctl_policies' ;;
    lint) _arguments $everywhere '--kind=[which balancer]:balancer:(nginx haproxy apache lighttpd)' \
        '--policy=[compare with the policy of this app]:policy:_files -g "*.toml"' '*:configuration:_files' ;;
    explain) _arguments $everywhere '*--events=[read the history from here]:events:_files' '--zone=[zone of times that name none]:time zone:' \
        '--since=[only lines since then]:span (2h) or time (RFC 3339):' '--until=[only lines until then]:span or time:' \
        "--offset=[how far the balancer's clock is ahead]:span (3s, -3s):" '--haproxy=[the configuration of HAProxy]:configuration:_files' \
        '--lines[also print each line]' '*:log:_files' ;;
    reload | stop) _arguments $everywhere ;;
    esac
}

_recyclerctl "$@"
