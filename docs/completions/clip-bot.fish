# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_clip_bot_global_optspecs
    string join \n allowed= api-url= forget-left= keep-files= language= log= poll-timeout= rate= results= search-auth= search-timeout= search-token-file= search-url= state-dir= storage= token-file= workers= h/help V/version
end

function __fish_clip_bot_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_clip_bot_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_clip_bot_using_subcommand
    set -l cmd (__fish_clip_bot_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c clip-bot -n "__fish_clip_bot_needs_command" -l allowed -d 'ids of the users and chats that the bot serves, separated by commas, or `everyone`; empty: nobody but the owner, who claims the bot, and the owner\'s guests [CLIP_BOT_ALLOWED]' -r -f -a "everyone\t''"
complete -c clip-bot -n "__fish_clip_bot_needs_command" -l api-url -d 'address of the Bot API server [default: https://api.telegram.org] [CLIP_BOT_API_URL]' -r -f
complete -c clip-bot -n "__fish_clip_bot_needs_command" -l forget-left -d 'when the pictures collected in a chat are forgotten after the bot was removed from it, 1s to 1000d [default: 30d] [CLIP_BOT_FORGET_LEFT]' -r -f
complete -c clip-bot -n "__fish_clip_bot_needs_command" -l keep-files -d 'whether the endpoint keeps the files of saved pictures, too, in their largest size and without metadata, until they are forgotten: `yes` or `no` [default: no] [CLIP_BOT_KEEP_FILES]' -r -f -a "yes\t''
no\t''"
complete -c clip-bot -n "__fish_clip_bot_needs_command" -l language -d 'language of all answers: `en`, `es`, `de`, `fr`, `it`, `pt`, `ru`, `uk`, `zh` or `ja`; empty: each user\'s own [CLIP_BOT_LANGUAGE]' -r -f -a "en\t''
es\t''
de\t''
fr\t''
it\t''
pt\t''
ru\t''
uk\t''
zh\t''
ja\t''"
complete -c clip-bot -n "__fish_clip_bot_needs_command" -l log -d 'log level: `off`, `error`, `warn`, `info`, `debug` or `trace` [default: info] [CLIP_BOT_LOG]' -r -f -a "off\t''
error\t''
warn\t''
info\t''
debug\t''
trace\t''"
complete -c clip-bot -n "__fish_clip_bot_needs_command" -l poll-timeout -d 'how long one getUpdates request waits for messages, 1s to 50s [default: 50s] [CLIP_BOT_POLL_TIMEOUT]' -r -f
complete -c clip-bot -n "__fish_clip_bot_needs_command" -l rate -d 'most searches per user and period; `none`: no limit [default: 10/1m] [CLIP_BOT_RATE]' -r -f -a "none\t''"
complete -c clip-bot -n "__fish_clip_bot_needs_command" -l results -d 'pictures in an answer, 1 to 10 [default: 5] [CLIP_BOT_RESULTS]' -r -f
complete -c clip-bot -n "__fish_clip_bot_needs_command" -l search-auth -d 'how the bot authenticates to the endpoint: `none`, `bearer` or `aws-iam`; empty: `bearer` if a token is set, else `none` [CLIP_BOT_SEARCH_AUTH]' -r -f -a "none\t''
bearer\t''
aws-iam\t''
bearer\t''
none\t''"
complete -c clip-bot -n "__fish_clip_bot_needs_command" -l search-timeout -d 'how long the bot waits for the endpoint\'s answer, 1s to 10m [default: 35s] [CLIP_BOT_SEARCH_TIMEOUT]' -r -f
complete -c clip-bot -n "__fish_clip_bot_needs_command" -l search-token-file -d 'file with the bearer token for the endpoint; or systemd credential `search-token` [CLIP_BOT_SEARCH_TOKEN_FILE]' -r -F
complete -c clip-bot -n "__fish_clip_bot_needs_command" -l search-url -d 'address of the search endpoint (required); `/search` is appended if missing [CLIP_BOT_SEARCH_URL]' -r -f
complete -c clip-bot -n "__fish_clip_bot_needs_command" -l state-dir -d 'folder that keeps the owner, the guests, and messages until they are answered; empty: systemd\'s StateDirectory, else memory [CLIP_BOT_STATE_DIR]' -r -f -a "(__fish_complete_directories)"
complete -c clip-bot -n "__fish_clip_bot_needs_command" -l storage -d 'id of a group or channel that holds nobody but the owner and the bot: own pictures without a public address are put there once, silently, so that inline mode can show them; empty: not [CLIP_BOT_STORAGE]' -r -f
complete -c clip-bot -n "__fish_clip_bot_needs_command" -l token-file -d 'file with the bot token; or systemd credential `telegram-token` [CLIP_BOT_TOKEN_FILE]' -r -F
complete -c clip-bot -n "__fish_clip_bot_needs_command" -l workers -d 'queries answered at the same time, 1 to 64 [default: 32] [CLIP_BOT_WORKERS]' -r -f
complete -c clip-bot -n "__fish_clip_bot_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c clip-bot -n "__fish_clip_bot_needs_command" -s V -l version -d 'Print version'
complete -c clip-bot -n "__fish_clip_bot_needs_command" -f -a "run" -d 'answer messages until SIGTERM (the default)'
complete -c clip-bot -n "__fish_clip_bot_needs_command" -f -a "check" -d 'check all that the bot needs, one line each'
complete -c clip-bot -n "__fish_clip_bot_needs_command" -f -a "reload" -d 'hand changed settings to the running bot (systemctl reload)'
complete -c clip-bot -n "__fish_clip_bot_needs_command" -f -a "query" -d 'ask the endpoint once and print one address a line'
complete -c clip-bot -n "__fish_clip_bot_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c clip-bot -n "__fish_clip_bot_using_subcommand run" -l allowed -d 'ids of the users and chats that the bot serves, separated by commas, or `everyone`; empty: nobody but the owner, who claims the bot, and the owner\'s guests [CLIP_BOT_ALLOWED]' -r -f -a "everyone\t''"
complete -c clip-bot -n "__fish_clip_bot_using_subcommand run" -l api-url -d 'address of the Bot API server [default: https://api.telegram.org] [CLIP_BOT_API_URL]' -r -f
complete -c clip-bot -n "__fish_clip_bot_using_subcommand run" -l forget-left -d 'when the pictures collected in a chat are forgotten after the bot was removed from it, 1s to 1000d [default: 30d] [CLIP_BOT_FORGET_LEFT]' -r -f
complete -c clip-bot -n "__fish_clip_bot_using_subcommand run" -l keep-files -d 'whether the endpoint keeps the files of saved pictures, too, in their largest size and without metadata, until they are forgotten: `yes` or `no` [default: no] [CLIP_BOT_KEEP_FILES]' -r -f -a "yes\t''
no\t''"
complete -c clip-bot -n "__fish_clip_bot_using_subcommand run" -l language -d 'language of all answers: `en`, `es`, `de`, `fr`, `it`, `pt`, `ru`, `uk`, `zh` or `ja`; empty: each user\'s own [CLIP_BOT_LANGUAGE]' -r -f -a "en\t''
es\t''
de\t''
fr\t''
it\t''
pt\t''
ru\t''
uk\t''
zh\t''
ja\t''"
complete -c clip-bot -n "__fish_clip_bot_using_subcommand run" -l log -d 'log level: `off`, `error`, `warn`, `info`, `debug` or `trace` [default: info] [CLIP_BOT_LOG]' -r -f -a "off\t''
error\t''
warn\t''
info\t''
debug\t''
trace\t''"
complete -c clip-bot -n "__fish_clip_bot_using_subcommand run" -l poll-timeout -d 'how long one getUpdates request waits for messages, 1s to 50s [default: 50s] [CLIP_BOT_POLL_TIMEOUT]' -r -f
complete -c clip-bot -n "__fish_clip_bot_using_subcommand run" -l rate -d 'most searches per user and period; `none`: no limit [default: 10/1m] [CLIP_BOT_RATE]' -r -f -a "none\t''"
complete -c clip-bot -n "__fish_clip_bot_using_subcommand run" -l results -d 'pictures in an answer, 1 to 10 [default: 5] [CLIP_BOT_RESULTS]' -r -f
complete -c clip-bot -n "__fish_clip_bot_using_subcommand run" -l search-auth -d 'how the bot authenticates to the endpoint: `none`, `bearer` or `aws-iam`; empty: `bearer` if a token is set, else `none` [CLIP_BOT_SEARCH_AUTH]' -r -f -a "none\t''
bearer\t''
aws-iam\t''
bearer\t''
none\t''"
complete -c clip-bot -n "__fish_clip_bot_using_subcommand run" -l search-timeout -d 'how long the bot waits for the endpoint\'s answer, 1s to 10m [default: 35s] [CLIP_BOT_SEARCH_TIMEOUT]' -r -f
complete -c clip-bot -n "__fish_clip_bot_using_subcommand run" -l search-token-file -d 'file with the bearer token for the endpoint; or systemd credential `search-token` [CLIP_BOT_SEARCH_TOKEN_FILE]' -r -F
complete -c clip-bot -n "__fish_clip_bot_using_subcommand run" -l search-url -d 'address of the search endpoint (required); `/search` is appended if missing [CLIP_BOT_SEARCH_URL]' -r -f
complete -c clip-bot -n "__fish_clip_bot_using_subcommand run" -l state-dir -d 'folder that keeps the owner, the guests, and messages until they are answered; empty: systemd\'s StateDirectory, else memory [CLIP_BOT_STATE_DIR]' -r -f -a "(__fish_complete_directories)"
complete -c clip-bot -n "__fish_clip_bot_using_subcommand run" -l storage -d 'id of a group or channel that holds nobody but the owner and the bot: own pictures without a public address are put there once, silently, so that inline mode can show them; empty: not [CLIP_BOT_STORAGE]' -r -f
complete -c clip-bot -n "__fish_clip_bot_using_subcommand run" -l token-file -d 'file with the bot token; or systemd credential `telegram-token` [CLIP_BOT_TOKEN_FILE]' -r -F
complete -c clip-bot -n "__fish_clip_bot_using_subcommand run" -l workers -d 'queries answered at the same time, 1 to 64 [default: 32] [CLIP_BOT_WORKERS]' -r -f
complete -c clip-bot -n "__fish_clip_bot_using_subcommand run" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c clip-bot -n "__fish_clip_bot_using_subcommand run" -s V -l version -d 'Print version'
complete -c clip-bot -n "__fish_clip_bot_using_subcommand check" -l allowed -d 'ids of the users and chats that the bot serves, separated by commas, or `everyone`; empty: nobody but the owner, who claims the bot, and the owner\'s guests [CLIP_BOT_ALLOWED]' -r -f -a "everyone\t''"
complete -c clip-bot -n "__fish_clip_bot_using_subcommand check" -l api-url -d 'address of the Bot API server [default: https://api.telegram.org] [CLIP_BOT_API_URL]' -r -f
complete -c clip-bot -n "__fish_clip_bot_using_subcommand check" -l forget-left -d 'when the pictures collected in a chat are forgotten after the bot was removed from it, 1s to 1000d [default: 30d] [CLIP_BOT_FORGET_LEFT]' -r -f
complete -c clip-bot -n "__fish_clip_bot_using_subcommand check" -l keep-files -d 'whether the endpoint keeps the files of saved pictures, too, in their largest size and without metadata, until they are forgotten: `yes` or `no` [default: no] [CLIP_BOT_KEEP_FILES]' -r -f -a "yes\t''
no\t''"
complete -c clip-bot -n "__fish_clip_bot_using_subcommand check" -l language -d 'language of all answers: `en`, `es`, `de`, `fr`, `it`, `pt`, `ru`, `uk`, `zh` or `ja`; empty: each user\'s own [CLIP_BOT_LANGUAGE]' -r -f -a "en\t''
es\t''
de\t''
fr\t''
it\t''
pt\t''
ru\t''
uk\t''
zh\t''
ja\t''"
complete -c clip-bot -n "__fish_clip_bot_using_subcommand check" -l log -d 'log level: `off`, `error`, `warn`, `info`, `debug` or `trace` [default: info] [CLIP_BOT_LOG]' -r -f -a "off\t''
error\t''
warn\t''
info\t''
debug\t''
trace\t''"
complete -c clip-bot -n "__fish_clip_bot_using_subcommand check" -l poll-timeout -d 'how long one getUpdates request waits for messages, 1s to 50s [default: 50s] [CLIP_BOT_POLL_TIMEOUT]' -r -f
complete -c clip-bot -n "__fish_clip_bot_using_subcommand check" -l rate -d 'most searches per user and period; `none`: no limit [default: 10/1m] [CLIP_BOT_RATE]' -r -f -a "none\t''"
complete -c clip-bot -n "__fish_clip_bot_using_subcommand check" -l results -d 'pictures in an answer, 1 to 10 [default: 5] [CLIP_BOT_RESULTS]' -r -f
complete -c clip-bot -n "__fish_clip_bot_using_subcommand check" -l search-auth -d 'how the bot authenticates to the endpoint: `none`, `bearer` or `aws-iam`; empty: `bearer` if a token is set, else `none` [CLIP_BOT_SEARCH_AUTH]' -r -f -a "none\t''
bearer\t''
aws-iam\t''
bearer\t''
none\t''"
complete -c clip-bot -n "__fish_clip_bot_using_subcommand check" -l search-timeout -d 'how long the bot waits for the endpoint\'s answer, 1s to 10m [default: 35s] [CLIP_BOT_SEARCH_TIMEOUT]' -r -f
complete -c clip-bot -n "__fish_clip_bot_using_subcommand check" -l search-token-file -d 'file with the bearer token for the endpoint; or systemd credential `search-token` [CLIP_BOT_SEARCH_TOKEN_FILE]' -r -F
complete -c clip-bot -n "__fish_clip_bot_using_subcommand check" -l search-url -d 'address of the search endpoint (required); `/search` is appended if missing [CLIP_BOT_SEARCH_URL]' -r -f
complete -c clip-bot -n "__fish_clip_bot_using_subcommand check" -l state-dir -d 'folder that keeps the owner, the guests, and messages until they are answered; empty: systemd\'s StateDirectory, else memory [CLIP_BOT_STATE_DIR]' -r -f -a "(__fish_complete_directories)"
complete -c clip-bot -n "__fish_clip_bot_using_subcommand check" -l storage -d 'id of a group or channel that holds nobody but the owner and the bot: own pictures without a public address are put there once, silently, so that inline mode can show them; empty: not [CLIP_BOT_STORAGE]' -r -f
complete -c clip-bot -n "__fish_clip_bot_using_subcommand check" -l token-file -d 'file with the bot token; or systemd credential `telegram-token` [CLIP_BOT_TOKEN_FILE]' -r -F
complete -c clip-bot -n "__fish_clip_bot_using_subcommand check" -l workers -d 'queries answered at the same time, 1 to 64 [default: 32] [CLIP_BOT_WORKERS]' -r -f
complete -c clip-bot -n "__fish_clip_bot_using_subcommand check" -l config-only -d 'check the settings only, without secrets and network'
complete -c clip-bot -n "__fish_clip_bot_using_subcommand check" -l json -d 'print JSON, for scripts'
complete -c clip-bot -n "__fish_clip_bot_using_subcommand check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c clip-bot -n "__fish_clip_bot_using_subcommand check" -s V -l version -d 'Print version'
complete -c clip-bot -n "__fish_clip_bot_using_subcommand reload" -l allowed -d 'ids of the users and chats that the bot serves, separated by commas, or `everyone`; empty: nobody but the owner, who claims the bot, and the owner\'s guests [CLIP_BOT_ALLOWED]' -r -f -a "everyone\t''"
complete -c clip-bot -n "__fish_clip_bot_using_subcommand reload" -l api-url -d 'address of the Bot API server [default: https://api.telegram.org] [CLIP_BOT_API_URL]' -r -f
complete -c clip-bot -n "__fish_clip_bot_using_subcommand reload" -l forget-left -d 'when the pictures collected in a chat are forgotten after the bot was removed from it, 1s to 1000d [default: 30d] [CLIP_BOT_FORGET_LEFT]' -r -f
complete -c clip-bot -n "__fish_clip_bot_using_subcommand reload" -l keep-files -d 'whether the endpoint keeps the files of saved pictures, too, in their largest size and without metadata, until they are forgotten: `yes` or `no` [default: no] [CLIP_BOT_KEEP_FILES]' -r -f -a "yes\t''
no\t''"
complete -c clip-bot -n "__fish_clip_bot_using_subcommand reload" -l language -d 'language of all answers: `en`, `es`, `de`, `fr`, `it`, `pt`, `ru`, `uk`, `zh` or `ja`; empty: each user\'s own [CLIP_BOT_LANGUAGE]' -r -f -a "en\t''
es\t''
de\t''
fr\t''
it\t''
pt\t''
ru\t''
uk\t''
zh\t''
ja\t''"
complete -c clip-bot -n "__fish_clip_bot_using_subcommand reload" -l log -d 'log level: `off`, `error`, `warn`, `info`, `debug` or `trace` [default: info] [CLIP_BOT_LOG]' -r -f -a "off\t''
error\t''
warn\t''
info\t''
debug\t''
trace\t''"
complete -c clip-bot -n "__fish_clip_bot_using_subcommand reload" -l poll-timeout -d 'how long one getUpdates request waits for messages, 1s to 50s [default: 50s] [CLIP_BOT_POLL_TIMEOUT]' -r -f
complete -c clip-bot -n "__fish_clip_bot_using_subcommand reload" -l rate -d 'most searches per user and period; `none`: no limit [default: 10/1m] [CLIP_BOT_RATE]' -r -f -a "none\t''"
complete -c clip-bot -n "__fish_clip_bot_using_subcommand reload" -l results -d 'pictures in an answer, 1 to 10 [default: 5] [CLIP_BOT_RESULTS]' -r -f
complete -c clip-bot -n "__fish_clip_bot_using_subcommand reload" -l search-auth -d 'how the bot authenticates to the endpoint: `none`, `bearer` or `aws-iam`; empty: `bearer` if a token is set, else `none` [CLIP_BOT_SEARCH_AUTH]' -r -f -a "none\t''
bearer\t''
aws-iam\t''
bearer\t''
none\t''"
complete -c clip-bot -n "__fish_clip_bot_using_subcommand reload" -l search-timeout -d 'how long the bot waits for the endpoint\'s answer, 1s to 10m [default: 35s] [CLIP_BOT_SEARCH_TIMEOUT]' -r -f
complete -c clip-bot -n "__fish_clip_bot_using_subcommand reload" -l search-token-file -d 'file with the bearer token for the endpoint; or systemd credential `search-token` [CLIP_BOT_SEARCH_TOKEN_FILE]' -r -F
complete -c clip-bot -n "__fish_clip_bot_using_subcommand reload" -l search-url -d 'address of the search endpoint (required); `/search` is appended if missing [CLIP_BOT_SEARCH_URL]' -r -f
complete -c clip-bot -n "__fish_clip_bot_using_subcommand reload" -l state-dir -d 'folder that keeps the owner, the guests, and messages until they are answered; empty: systemd\'s StateDirectory, else memory [CLIP_BOT_STATE_DIR]' -r -f -a "(__fish_complete_directories)"
complete -c clip-bot -n "__fish_clip_bot_using_subcommand reload" -l storage -d 'id of a group or channel that holds nobody but the owner and the bot: own pictures without a public address are put there once, silently, so that inline mode can show them; empty: not [CLIP_BOT_STORAGE]' -r -f
complete -c clip-bot -n "__fish_clip_bot_using_subcommand reload" -l token-file -d 'file with the bot token; or systemd credential `telegram-token` [CLIP_BOT_TOKEN_FILE]' -r -F
complete -c clip-bot -n "__fish_clip_bot_using_subcommand reload" -l workers -d 'queries answered at the same time, 1 to 64 [default: 32] [CLIP_BOT_WORKERS]' -r -f
complete -c clip-bot -n "__fish_clip_bot_using_subcommand reload" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c clip-bot -n "__fish_clip_bot_using_subcommand reload" -s V -l version -d 'Print version'
complete -c clip-bot -n "__fish_clip_bot_using_subcommand query" -l allowed -d 'ids of the users and chats that the bot serves, separated by commas, or `everyone`; empty: nobody but the owner, who claims the bot, and the owner\'s guests [CLIP_BOT_ALLOWED]' -r -f -a "everyone\t''"
complete -c clip-bot -n "__fish_clip_bot_using_subcommand query" -l api-url -d 'address of the Bot API server [default: https://api.telegram.org] [CLIP_BOT_API_URL]' -r -f
complete -c clip-bot -n "__fish_clip_bot_using_subcommand query" -l forget-left -d 'when the pictures collected in a chat are forgotten after the bot was removed from it, 1s to 1000d [default: 30d] [CLIP_BOT_FORGET_LEFT]' -r -f
complete -c clip-bot -n "__fish_clip_bot_using_subcommand query" -l keep-files -d 'whether the endpoint keeps the files of saved pictures, too, in their largest size and without metadata, until they are forgotten: `yes` or `no` [default: no] [CLIP_BOT_KEEP_FILES]' -r -f -a "yes\t''
no\t''"
complete -c clip-bot -n "__fish_clip_bot_using_subcommand query" -l language -d 'language of all answers: `en`, `es`, `de`, `fr`, `it`, `pt`, `ru`, `uk`, `zh` or `ja`; empty: each user\'s own [CLIP_BOT_LANGUAGE]' -r -f -a "en\t''
es\t''
de\t''
fr\t''
it\t''
pt\t''
ru\t''
uk\t''
zh\t''
ja\t''"
complete -c clip-bot -n "__fish_clip_bot_using_subcommand query" -l log -d 'log level: `off`, `error`, `warn`, `info`, `debug` or `trace` [default: info] [CLIP_BOT_LOG]' -r -f -a "off\t''
error\t''
warn\t''
info\t''
debug\t''
trace\t''"
complete -c clip-bot -n "__fish_clip_bot_using_subcommand query" -l poll-timeout -d 'how long one getUpdates request waits for messages, 1s to 50s [default: 50s] [CLIP_BOT_POLL_TIMEOUT]' -r -f
complete -c clip-bot -n "__fish_clip_bot_using_subcommand query" -l rate -d 'most searches per user and period; `none`: no limit [default: 10/1m] [CLIP_BOT_RATE]' -r -f -a "none\t''"
complete -c clip-bot -n "__fish_clip_bot_using_subcommand query" -l results -d 'pictures in an answer, 1 to 10 [default: 5] [CLIP_BOT_RESULTS]' -r -f
complete -c clip-bot -n "__fish_clip_bot_using_subcommand query" -l search-auth -d 'how the bot authenticates to the endpoint: `none`, `bearer` or `aws-iam`; empty: `bearer` if a token is set, else `none` [CLIP_BOT_SEARCH_AUTH]' -r -f -a "none\t''
bearer\t''
aws-iam\t''
bearer\t''
none\t''"
complete -c clip-bot -n "__fish_clip_bot_using_subcommand query" -l search-timeout -d 'how long the bot waits for the endpoint\'s answer, 1s to 10m [default: 35s] [CLIP_BOT_SEARCH_TIMEOUT]' -r -f
complete -c clip-bot -n "__fish_clip_bot_using_subcommand query" -l search-token-file -d 'file with the bearer token for the endpoint; or systemd credential `search-token` [CLIP_BOT_SEARCH_TOKEN_FILE]' -r -F
complete -c clip-bot -n "__fish_clip_bot_using_subcommand query" -l search-url -d 'address of the search endpoint (required); `/search` is appended if missing [CLIP_BOT_SEARCH_URL]' -r -f
complete -c clip-bot -n "__fish_clip_bot_using_subcommand query" -l state-dir -d 'folder that keeps the owner, the guests, and messages until they are answered; empty: systemd\'s StateDirectory, else memory [CLIP_BOT_STATE_DIR]' -r -f -a "(__fish_complete_directories)"
complete -c clip-bot -n "__fish_clip_bot_using_subcommand query" -l storage -d 'id of a group or channel that holds nobody but the owner and the bot: own pictures without a public address are put there once, silently, so that inline mode can show them; empty: not [CLIP_BOT_STORAGE]' -r -f
complete -c clip-bot -n "__fish_clip_bot_using_subcommand query" -l token-file -d 'file with the bot token; or systemd credential `telegram-token` [CLIP_BOT_TOKEN_FILE]' -r -F
complete -c clip-bot -n "__fish_clip_bot_using_subcommand query" -l workers -d 'queries answered at the same time, 1 to 64 [default: 32] [CLIP_BOT_WORKERS]' -r -f
complete -c clip-bot -n "__fish_clip_bot_using_subcommand query" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c clip-bot -n "__fish_clip_bot_using_subcommand query" -s V -l version -d 'Print version'
complete -c clip-bot -n "__fish_clip_bot_using_subcommand help; and not __fish_seen_subcommand_from run check reload query help" -f -a "run" -d 'answer messages until SIGTERM (the default)'
complete -c clip-bot -n "__fish_clip_bot_using_subcommand help; and not __fish_seen_subcommand_from run check reload query help" -f -a "check" -d 'check all that the bot needs, one line each'
complete -c clip-bot -n "__fish_clip_bot_using_subcommand help; and not __fish_seen_subcommand_from run check reload query help" -f -a "reload" -d 'hand changed settings to the running bot (systemctl reload)'
complete -c clip-bot -n "__fish_clip_bot_using_subcommand help; and not __fish_seen_subcommand_from run check reload query help" -f -a "query" -d 'ask the endpoint once and print one address a line'
complete -c clip-bot -n "__fish_clip_bot_using_subcommand help; and not __fish_seen_subcommand_from run check reload query help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
