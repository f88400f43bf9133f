function __virt-watchdog_should_offer_completions_for_flags_or_options -a expected_commands
    set -l non_repeating_flags_or_options $argv[2..]
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __virt-watchdog_parse_tokens
    test "$commands" = "$expected_commands"; and return $non_repeating_flags_or_options_absent
end

function __virt-watchdog_should_offer_completions_for_positional -a expected_commands positional_index_comparison expected_positional_index
    set -l non_repeating_flags_or_options
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __virt-watchdog_parse_tokens
    test "$commands" = "$expected_commands" -a \( "$positional_index" "$positional_index_comparison" "$expected_positional_index" \)
end

function __virt-watchdog_parse_tokens -S
    set -l unparsed_tokens (__virt-watchdog_tokens -pc)
    switch $unparsed_tokens[1]
    case 'virt-watchdog'
        __virt-watchdog_parse_subcommand 0 'c/connect=' 'version' 'h/help'
        switch $unparsed_tokens[1]
        case 'status'
            __virt-watchdog_parse_subcommand -r 1 'c/connect=' 'all' 'inactive' 'no-monitor' 'accept-unknown' 'check' 'watch' 'interval=' 'name' 'properties=' 'json' 'no-header' 'v/verbose' 'q/quiet' 'version' 'h/help'
        case 'plan'
            __virt-watchdog_parse_subcommand -r 1 'c/connect=' 'all' 'properties=' 'config' 'name' 'json' 'no-header' 'v/verbose' 'q/quiet' 'version' 'h/help'
        case 'apply'
            __virt-watchdog_parse_subcommand -r 1 'c/connect=' 'all' 'dry-run' 'properties=' 'config' 'json' 'no-header' 'v/verbose' 'q/quiet' 'version' 'h/help'
        case 'remove'
            __virt-watchdog_parse_subcommand -r 1 'c/connect=' 'all' 'live' 'config' 'dry-run' 'json' 'no-header' 'v/verbose' 'q/quiet' 'version' 'h/help'
        case 'verify'
            __virt-watchdog_parse_subcommand 0 'c/connect=' 'v/verbose' 'q/quiet' 'machine=' 'keep-going' 'json' 'version' 'h/help'
        case 'doctor'
            __virt-watchdog_parse_subcommand 0 'c/connect=' 'properties=' 'v/verbose' 'q/quiet' 'json' 'version' 'h/help'
        case 'config'
            __virt-watchdog_parse_subcommand 0 'c/connect=' 'properties=' 'json' 'version' 'h/help'
        case 'patch'
            __virt-watchdog_parse_subcommand 1 'properties=' 'diff' 'version' 'h/help'
        case 'setup'
            __virt-watchdog_parse_subcommand 0 'destdir=' 'prefix=' 'no-reload' 'no-service' 'dry-run' 'from=' 'reload-only' 'version' 'h/help'
        case 'unsetup'
            __virt-watchdog_parse_subcommand 0 'destdir=' 'prefix=' 'no-reload' 'no-service' 'dry-run' 'version' 'h/help'
        case 'version'
            __virt-watchdog_parse_subcommand 0 'c/connect=' 'json' 'version' 'h/help'
        case 'help'
            __virt-watchdog_parse_subcommand -r 1 'version'
        end
    end
end

function __virt-watchdog_tokens
    if test (string split -m 1 -f 1 -- . "$FISH_VERSION") -gt 3
        commandline --tokens-raw $argv
    else
        commandline -o $argv
    end
end

function __virt-watchdog_parse_subcommand -S -a positional_count
    argparse -s r -- $argv
    set -l option_specs $argv[2..]
    set -l is_repeating_positional $_flag_r
    set -el _flag_r
    set -a commands $unparsed_tokens[1]
    set positional_index 0
    while true
        set -e unparsed_tokens[1]
        argparse -sn "$commands" $option_specs -- $unparsed_tokens 2> /dev/null
        set unparsed_tokens $argv
        set positional_index (math $positional_index + 1)
        for non_repeating_flag_or_option in $non_repeating_flags_or_options
            if set -ql "_flag_$(string replace -a - _ -- $non_repeating_flag_or_option)"
                set non_repeating_flags_or_options_absent 1
                break
            end
        end
        test (count $unparsed_tokens) -eq 0 -o \( -z "$is_repeating_positional" -a "$positional_index" -gt "$positional_count" \) && break
    end
end

function __virt-watchdog_complete_directories
    set -l token (commandline -t)
    string match -- '*/' $token
    set -l subdirs $token*/
    printf %s\n $subdirs
end

function __virt-watchdog_custom_completion
    set -x SAP_SHELL fish
    set -x SAP_SHELL_VERSION $FISH_VERSION
    set -l tokens (__virt-watchdog_tokens -p)
    if test -z "$(__virt-watchdog_tokens -t)"
        set -l index (count (__virt-watchdog_tokens -pc))
        set tokens $tokens[..$index] \'\' $tokens[(math $index + 1)..]
    end
    command $tokens[1] $argv $tokens
end

complete -c 'virt-watchdog' -f
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog" c connect' -s 'c' -l 'connect' -d 'Connect to this libvirt URI, as in virsh.' -rfka ''
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog" version' -l 'version' -d 'Show the version.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_positional "virt-watchdog" -eq 1' -fa 'status' -d 'Show which guests are protected, and the reasons.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_positional "virt-watchdog" -eq 1' -fa 'plan' -d 'Show the planned changes to guests and the reasons.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_positional "virt-watchdog" -eq 1' -fa 'apply' -d 'Bring running guests to the policy now.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_positional "virt-watchdog" -eq 1' -fa 'remove' -d 'Undo what virt-watchdog added.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_positional "virt-watchdog" -eq 1' -fa 'verify' -d 'Prove on this host that a guest that hangs is reset.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_positional "virt-watchdog" -eq 1' -fa 'doctor' -d 'Check that hook, libvirt and policy work together.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_positional "virt-watchdog" -eq 1' -fa 'config' -d 'Show the policy in force and its sources.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_positional "virt-watchdog" -eq 1' -fa 'patch' -d 'Print a domain XML with the policy\'s watchdog.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_positional "virt-watchdog" -eq 1' -fa 'setup' -d 'Put the hook in place, and have libvirt see it.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_positional "virt-watchdog" -eq 1' -fa 'unsetup' -d 'Remove what setup has installed.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_positional "virt-watchdog" -eq 1' -fa 'version' -d 'Show the versions of all programs involved.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_positional "virt-watchdog" -eq 1' -fa 'help' -d 'Show subcommand help information.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog status" c connect' -s 'c' -l 'connect' -d 'Connect to this libvirt URI, as in virsh.' -rfka ''
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog status" all' -l 'all' -d 'All guests, also those that are shut off.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog status" inactive' -l 'inactive' -d 'The guests that are shut off.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog status" no-monitor' -l 'no-monitor' -d 'Read timers through the guest agent alone.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog status" accept-unknown' -l 'accept-unknown' -d 'Leave unknown verdicts out of the exit status.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog status" check' -l 'check' -d 'Print a line for a monitoring system, with its exit statuses.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog status" watch' -l 'watch' -d 'Show the status again and again.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog status" interval' -l 'interval' -d 'The time between two looks of --watch.' -rfka ''
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog status" name' -l 'name' -d 'Print the guests\' names alone.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog status" properties' -l 'properties' -d 'Read this properties file instead of the host\'s.' -rF
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog status" json' -l 'json' -d 'Print JSON.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog status" no-header' -l 'no-header' -d 'Print the rows alone.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog status" v verbose' -l 'verbose' -s 'v' -d 'Print the details of each result.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog status" q quiet' -l 'quiet' -s 'q' -d 'Print problems only.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_positional "virt-watchdog status" -ge 1' -fka '(__virt-watchdog_custom_completion ---completion status -- positional@0 (count (__virt-watchdog_tokens -pc)) (__virt-watchdog_tokens -tC))'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog status" version' -l 'version' -d 'Show the version.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog status" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog plan" c connect' -s 'c' -l 'connect' -d 'Connect to this libvirt URI, as in virsh.' -rfka ''
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_positional "virt-watchdog plan" -ge 1' -fka '(__virt-watchdog_custom_completion ---completion plan -- positional@0 (count (__virt-watchdog_tokens -pc)) (__virt-watchdog_tokens -tC))'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog plan" all' -l 'all' -d 'All running guests.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog plan" properties' -l 'properties' -d 'Read this properties file instead of the host\'s.' -rF
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog plan" config' -l 'config' -d 'Include the persistent domain XML.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog plan" name' -l 'name' -d 'Print the guests\' names alone.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog plan" json' -l 'json' -d 'Print JSON.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog plan" no-header' -l 'no-header' -d 'Print the rows alone.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog plan" v verbose' -l 'verbose' -s 'v' -d 'Print the details of each result.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog plan" q quiet' -l 'quiet' -s 'q' -d 'Print problems only.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog plan" version' -l 'version' -d 'Show the version.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog plan" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog apply" c connect' -s 'c' -l 'connect' -d 'Connect to this libvirt URI, as in virsh.' -rfka ''
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_positional "virt-watchdog apply" -ge 1' -fka '(__virt-watchdog_custom_completion ---completion apply -- positional@0 (count (__virt-watchdog_tokens -pc)) (__virt-watchdog_tokens -tC))'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog apply" all' -l 'all' -d 'All running guests.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog apply" dry-run' -l 'dry-run' -d 'Show the changes, and make none: the command plan.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog apply" properties' -l 'properties' -d 'Read this properties file instead of the host\'s.' -rF
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog apply" config' -l 'config' -d 'Include the persistent domain XML.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog apply" json' -l 'json' -d 'Print JSON.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog apply" no-header' -l 'no-header' -d 'Print the rows alone.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog apply" v verbose' -l 'verbose' -s 'v' -d 'Print the details of each result.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog apply" q quiet' -l 'quiet' -s 'q' -d 'Print problems only.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog apply" version' -l 'version' -d 'Show the version.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog apply" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog remove" c connect' -s 'c' -l 'connect' -d 'Connect to this libvirt URI, as in virsh.' -rfka ''
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog remove" all' -l 'all' -d 'All guests, also those that are shut off.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog remove" live' -l 'live' -d 'From running guests.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog remove" config' -l 'config' -d 'From persistent domain XML.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog remove" dry-run' -l 'dry-run' -d 'Show the changes, and make none.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog remove" json' -l 'json' -d 'Print JSON.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog remove" no-header' -l 'no-header' -d 'Print the rows alone.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog remove" v verbose' -l 'verbose' -s 'v' -d 'Print the details of each result.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog remove" q quiet' -l 'quiet' -s 'q' -d 'Print problems only.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_positional "virt-watchdog remove" -ge 1' -fka '(__virt-watchdog_custom_completion ---completion remove -- positional@0 (count (__virt-watchdog_tokens -pc)) (__virt-watchdog_tokens -tC))'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog remove" version' -l 'version' -d 'Show the version.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog remove" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog verify" c connect' -s 'c' -l 'connect' -d 'Connect to this libvirt URI, as in virsh.' -rfka ''
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog verify" v verbose' -l 'verbose' -s 'v' -d 'Print the details of each result.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog verify" q quiet' -l 'quiet' -s 'q' -d 'Print problems only.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog verify" machine' -l 'machine' -d 'The machine to try; by default, both.' -rfka 'pc q35'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog verify" keep-going' -l 'keep-going' -d 'Try the other machine even if one fails.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog verify" json' -l 'json' -d 'Print JSON.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog verify" version' -l 'version' -d 'Show the version.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog verify" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog doctor" c connect' -s 'c' -l 'connect' -d 'Connect to this libvirt URI, as in virsh.' -rfka ''
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog doctor" properties' -l 'properties' -d 'Read this properties file instead of the host\'s.' -rF
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog doctor" v verbose' -l 'verbose' -s 'v' -d 'Print the details of each result.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog doctor" q quiet' -l 'quiet' -s 'q' -d 'Print problems only.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog doctor" json' -l 'json' -d 'Print JSON.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog doctor" version' -l 'version' -d 'Show the version.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog doctor" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog config" c connect' -s 'c' -l 'connect' -d 'Connect to this libvirt URI, as in virsh.' -rfka ''
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog config" properties' -l 'properties' -d 'Read this properties file instead of the host\'s.' -rF
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog config" json' -l 'json' -d 'Print JSON.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog config" version' -l 'version' -d 'Show the version.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog config" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog patch" properties' -l 'properties' -d 'Read this properties file instead of the host\'s.' -rF
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog patch" diff' -l 'diff' -d 'Print a unified diff instead, which patch(1) applies.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_positional "virt-watchdog patch" -eq 1' -F
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog patch" version' -l 'version' -d 'Show the version.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog patch" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog setup" destdir' -l 'destdir' -d 'Change the tree DIR, and nothing outside of it.' -rfa '(__virt-watchdog_complete_directories)'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog setup" prefix' -l 'prefix' -d 'The directory of bin, sbin and share.' -rfa '(__virt-watchdog_complete_directories)'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog setup" no-reload' -l 'no-reload' -d 'Do not reload libvirt\'s daemon.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog setup" no-service' -l 'no-service' -d 'Leave the service virt-watchdogd alone.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog setup" dry-run' -l 'dry-run' -d 'Say what would be done, and do nothing.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog setup" from' -l 'from' -d 'First copy the files of the tree DIR.' -rfa '(__virt-watchdog_complete_directories)'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog setup" reload-only' -l 'reload-only' -d 'Install nothing; only reload libvirt\'s daemon.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog setup" version' -l 'version' -d 'Show the version.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog setup" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog unsetup" destdir' -l 'destdir' -d 'Change the tree DIR, and nothing outside of it.' -rfa '(__virt-watchdog_complete_directories)'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog unsetup" prefix' -l 'prefix' -d 'The directory of bin, sbin and share.' -rfa '(__virt-watchdog_complete_directories)'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog unsetup" no-reload' -l 'no-reload' -d 'Do not reload libvirt\'s daemon.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog unsetup" no-service' -l 'no-service' -d 'Leave the service virt-watchdogd alone.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog unsetup" dry-run' -l 'dry-run' -d 'Say what would be done, and do nothing.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog unsetup" version' -l 'version' -d 'Show the version.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog unsetup" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog version" c connect' -s 'c' -l 'connect' -d 'Connect to this libvirt URI, as in virsh.' -rfka ''
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog version" json' -l 'json' -d 'Print JSON.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog version" version' -l 'version' -d 'Show the version.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog version" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'virt-watchdog' -n '__virt-watchdog_should_offer_completions_for_flags_or_options "virt-watchdog help" version' -l 'version' -d 'Show the version.'
