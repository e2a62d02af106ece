# fish completion for recyclerd(8): the apps of /etc/recycler, and policy files, which have a slash in their name.

function __recyclerd_policies
    if string match -q '*/*' -- (commandline -ct)
        __fish_complete_suffix .toml | string match -r '^[^\t]*(?:/|\.toml)(?:\t.*)?$'
    else
        for policy in /etc/recycler/*.toml
            string replace -r '.*/(.*)\.toml$' '$1' -- $policy
        end
    end
end

complete -c recyclerd -f
complete -c recyclerd -a '(__recyclerd_policies)'
complete -c recyclerd -s h -l help -d 'Print help and exit'
complete -c recyclerd -l version -d 'Print the version and exit'
complete -c recyclerd -l check -d 'Validate the policy, say every fault, and leave'
complete -c recyclerd -l dry-run -d 'Serve, decide and log, but retire nobody'
