# fish completion for recyclerctl(1).

# The words before the cursor that are no options: the verb and its arguments.
function __recyclerctl_arguments
    set -l value
    for word in (commandline -opc)[2..-1]
        if test -n "$value"
            set value
        else if contains -- $word --app --timeout --since --kind --policy --by --until --events --zone --offset --haproxy
            set value $word
        else if not string match -q -- '-*' $word
            echo $word
        end
    end
end

# Whether the verb is one of these; without any: whether there is none so far.
function __recyclerctl_verb_is
    set -l verb (__recyclerctl_arguments)[1]
    if test -z "$verb"
        test -z "$argv"
    else
        contains -- $verb $argv
    end
end

function __recyclerctl_takes_one_more
    __recyclerctl_verb_is $argv; and test (count (__recyclerctl_arguments)) -eq 1
end

# Those with a control socket.
function __recyclerctl_apps
    set -l folder /run/recycler
    test -n "$RECYCLER_RUNTIME_DIR"; and set folder $RECYCLER_RUNTIME_DIR
    for socket in $folder/*/control
        test -S $socket; and string split / $socket -f (math (count (string split / $socket)) - 1)
    end
end

# What the apps answer, and "all"; nothing where none answers within two seconds.
function __recyclerctl_slots
    set -l typed (commandline -opc)
    set -l apps (string replace -f -r -- '^--app=' '' $typed)
    if set -l place (contains -i -- --app $typed)
        set apps $typed[(math $place + 1)]
    end
    test -n "$apps"; or set apps (__recyclerctl_apps)
    set -l slots (timeout 2 sh -c 'for app; do "$0" --app "$app" --json status; done' $typed[1] $apps 2>/dev/null </dev/null |
        grep -o '"slot":"[^"\\\\]*"' | cut -d '"' -f 4 | sort -u)
    test -n "$slots"; or return
    for slot in $slots all
        contains -- $slot (__recyclerctl_arguments); or echo $slot
    end
end

# fish would offer other files too, after these.
function __recyclerctl_files
    __fish_complete_suffix .toml | string match -r '^[^\t]*(?:/|\.toml)(?:\t.*)?$'
end

function __recyclerctl_policies
    for policy in /etc/recycler/*.toml
        string replace -r '.*/(.*)\.toml$' '$1' -- $policy
    end
end

complete -c recyclerctl -f
complete -c recyclerctl -s h -l help -d 'Print help and exit'
complete -c recyclerctl -l app -x -a '(__recyclerctl_apps)' -d 'Which app'
complete -c recyclerctl -l json -d 'Print JSON'
complete -c recyclerctl -n __recyclerctl_verb_is -l version -d 'Print the version and exit'

complete -c recyclerctl -n __recyclerctl_verb_is -a status -d 'Show what each slot and its worker does'
complete -c recyclerctl -n __recyclerctl_verb_is -a drain -d 'Close the gate, wait until the worker is idle, keep it alive'
complete -c recyclerctl -n __recyclerctl_verb_is -a open -d 'Put a drained worker back'
complete -c recyclerctl -n __recyclerctl_verb_is -a recycle -d 'Drain and replace workers, within the capacity budget'
complete -c recyclerctl -n __recyclerctl_verb_is -a reload -d 'Read the policy again'
complete -c recyclerctl -n __recyclerctl_verb_is -a why -d 'Say why workers ended'
complete -c recyclerctl -n __recyclerctl_verb_is -a events -d 'Show what has happened'
complete -c recyclerctl -n __recyclerctl_verb_is -a blame -d 'Show which requests make workers grow, or are slow'
complete -c recyclerctl -n __recyclerctl_verb_is -a check -d 'Check a policy'
complete -c recyclerctl -n __recyclerctl_verb_is -a lint -d 'Check a balancer\'s configuration'
complete -c recyclerctl -n __recyclerctl_verb_is -a explain -d 'Say what stood behind each line of a balancer\'s log'
complete -c recyclerctl -n __recyclerctl_verb_is -a stop -d 'Drain all workers and end the daemon'

complete -c recyclerctl -n '__recyclerctl_verb_is status drain open recycle' -a '(__recyclerctl_slots)' -d Slot
complete -c recyclerctl -n '__recyclerctl_takes_one_more why' -a '(__recyclerctl_slots)' -d Slot
complete -c recyclerctl -n '__recyclerctl_takes_one_more check' -a '(__recyclerctl_files)'
complete -c recyclerctl -n '__recyclerctl_takes_one_more check' -a '(__recyclerctl_policies)' -d App
complete -c recyclerctl -n '__recyclerctl_verb_is lint explain' -F

complete -c recyclerctl -n '__recyclerctl_verb_is status' -l watch -d 'Redraw it every second'
complete -c recyclerctl -n '__recyclerctl_verb_is status' -l verbose -d 'Show limitations in full'
complete -c recyclerctl -n '__recyclerctl_verb_is drain' -l timeout -x -d 'Wait no longer than this (30s, 5min)'
complete -c recyclerctl -n '__recyclerctl_verb_is drain recycle' -l no-wait -d 'Return as soon as the order is accepted'
complete -c recyclerctl -n '__recyclerctl_verb_is drain' -l force -d 'Also close the last open gate of the app'
complete -c recyclerctl -n '__recyclerctl_verb_is why explain' -l since -x -d 'A span back (2h) or a time (RFC 3339)'
complete -c recyclerctl -n '__recyclerctl_verb_is lint' -l kind -x -a 'nginx haproxy apache lighttpd' -d 'Which balancer'
complete -c recyclerctl -n '__recyclerctl_verb_is lint' -l policy -x -a '(__recyclerctl_files)' -d 'Compare with the policy of this app'
complete -c recyclerctl -n '__recyclerctl_verb_is events' -l follow -d 'Go on with later events'
complete -c recyclerctl -n '__recyclerctl_verb_is blame' -l by -x -a 'growth time' -d 'Show only one table'
complete -c recyclerctl -n '__recyclerctl_verb_is explain' -l events -r -F -d 'Read the history from here'
complete -c recyclerctl -n '__recyclerctl_verb_is explain' -l zone -x -d 'Zone of times that name none'
complete -c recyclerctl -n '__recyclerctl_verb_is explain' -l until -x -d 'A span back (2h) or a time (RFC 3339)'
complete -c recyclerctl -n '__recyclerctl_verb_is explain' -l offset -x -d 'How far the clock of the balancer is ahead (3s)'
complete -c recyclerctl -n '__recyclerctl_verb_is explain' -l haproxy -r -F -d 'The configuration of HAProxy'
complete -c recyclerctl -n '__recyclerctl_verb_is explain' -l lines -d 'Also print each line'
