#compdef clip-bot

autoload -U is-at-least

_clip-bot() {
    typeset -A opt_args
    typeset -a _arguments_options
    local ret=1

    if is-at-least 5.2; then
        _arguments_options=(-s -S -C)
    else
        _arguments_options=(-s -C)
    fi

    local context curcontext="$curcontext" state line
    _arguments "${_arguments_options[@]}" : \
'--allowed=[ids of the users and chats that the bot serves, separated by commas, or \`everyone\`; empty\: nobody but the owner, who claims the bot, and the owner'\''s guests \[CLIP_BOT_ALLOWED\]]:VALUE:(everyone)' \
'--api-url=[address of the Bot API server \[default\: https\://api.telegram.org\] \[CLIP_BOT_API_URL\]]:VALUE:' \
'--forget-left=[when the pictures collected in a chat are forgotten after the bot was removed from it, 1s to 1000d \[default\: 30d\] \[CLIP_BOT_FORGET_LEFT\]]:VALUE:' \
'--keep-files=[whether the endpoint keeps the files of saved pictures, too, in their largest size and without metadata, until they are forgotten\: \`yes\` or \`no\` \[default\: no\] \[CLIP_BOT_KEEP_FILES\]]::VALUE:(yes no)' \
'--language=[language of all answers\: \`en\`, \`es\`, \`de\`, \`fr\`, \`it\`, \`pt\`, \`ru\`, \`uk\`, \`zh\` or \`ja\`; empty\: each user'\''s own \[CLIP_BOT_LANGUAGE\]]:VALUE:(en es de fr it pt ru uk zh ja)' \
'--log=[log level\: \`off\`, \`error\`, \`warn\`, \`info\`, \`debug\` or \`trace\` \[default\: info\] \[CLIP_BOT_LOG\]]:VALUE:(off error warn info debug trace)' \
'--poll-timeout=[how long one getUpdates request waits for messages, 1s to 50s \[default\: 50s\] \[CLIP_BOT_POLL_TIMEOUT\]]:VALUE:' \
'--rate=[most searches per user and period; \`none\`\: no limit \[default\: 10/1m\] \[CLIP_BOT_RATE\]]:VALUE:(none)' \
'--results=[pictures in an answer, 1 to 10 \[default\: 5\] \[CLIP_BOT_RESULTS\]]:VALUE:' \
'--search-auth=[how the bot authenticates to the endpoint\: \`none\`, \`bearer\` or \`aws-iam\`; empty\: \`bearer\` if a token is set, else \`none\` \[CLIP_BOT_SEARCH_AUTH\]]:VALUE:(none bearer aws-iam bearer none)' \
'--search-timeout=[how long the bot waits for the endpoint'\''s answer, 1s to 10m \[default\: 35s\] \[CLIP_BOT_SEARCH_TIMEOUT\]]:VALUE:' \
'--search-token-file=[file with the bearer token for the endpoint; or systemd credential \`search-token\` \[CLIP_BOT_SEARCH_TOKEN_FILE\]]:VALUE:_files' \
'--search-url=[address of the search endpoint (required); \`/search\` is appended if missing \[CLIP_BOT_SEARCH_URL\]]:VALUE:' \
'--state-dir=[folder that keeps the owner, the guests, and messages until they are answered; empty\: systemd'\''s StateDirectory, else memory \[CLIP_BOT_STATE_DIR\]]:VALUE:_files -/' \
'--storage=[id of a group or channel that holds nobody but the owner and the bot\: own pictures without a public address are put there once, silently, so that inline mode can show them; empty\: not \[CLIP_BOT_STORAGE\]]:VALUE:' \
'--token-file=[file with the bot token; or systemd credential \`telegram-token\` \[CLIP_BOT_TOKEN_FILE\]]:VALUE:_files' \
'--workers=[queries answered at the same time, 1 to 64 \[default\: 32\] \[CLIP_BOT_WORKERS\]]:VALUE:' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
":: :_clip-bot_commands" \
"*::: :->clip-bot" \
&& ret=0
    case $state in
    (clip-bot)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:clip-bot-command-$line[1]:"
        case $line[1] in
            (run)
_arguments "${_arguments_options[@]}" : \
'--allowed=[ids of the users and chats that the bot serves, separated by commas, or \`everyone\`; empty\: nobody but the owner, who claims the bot, and the owner'\''s guests \[CLIP_BOT_ALLOWED\]]:VALUE:(everyone)' \
'--api-url=[address of the Bot API server \[default\: https\://api.telegram.org\] \[CLIP_BOT_API_URL\]]:VALUE:' \
'--forget-left=[when the pictures collected in a chat are forgotten after the bot was removed from it, 1s to 1000d \[default\: 30d\] \[CLIP_BOT_FORGET_LEFT\]]:VALUE:' \
'--keep-files=[whether the endpoint keeps the files of saved pictures, too, in their largest size and without metadata, until they are forgotten\: \`yes\` or \`no\` \[default\: no\] \[CLIP_BOT_KEEP_FILES\]]::VALUE:(yes no)' \
'--language=[language of all answers\: \`en\`, \`es\`, \`de\`, \`fr\`, \`it\`, \`pt\`, \`ru\`, \`uk\`, \`zh\` or \`ja\`; empty\: each user'\''s own \[CLIP_BOT_LANGUAGE\]]:VALUE:(en es de fr it pt ru uk zh ja)' \
'--log=[log level\: \`off\`, \`error\`, \`warn\`, \`info\`, \`debug\` or \`trace\` \[default\: info\] \[CLIP_BOT_LOG\]]:VALUE:(off error warn info debug trace)' \
'--poll-timeout=[how long one getUpdates request waits for messages, 1s to 50s \[default\: 50s\] \[CLIP_BOT_POLL_TIMEOUT\]]:VALUE:' \
'--rate=[most searches per user and period; \`none\`\: no limit \[default\: 10/1m\] \[CLIP_BOT_RATE\]]:VALUE:(none)' \
'--results=[pictures in an answer, 1 to 10 \[default\: 5\] \[CLIP_BOT_RESULTS\]]:VALUE:' \
'--search-auth=[how the bot authenticates to the endpoint\: \`none\`, \`bearer\` or \`aws-iam\`; empty\: \`bearer\` if a token is set, else \`none\` \[CLIP_BOT_SEARCH_AUTH\]]:VALUE:(none bearer aws-iam bearer none)' \
'--search-timeout=[how long the bot waits for the endpoint'\''s answer, 1s to 10m \[default\: 35s\] \[CLIP_BOT_SEARCH_TIMEOUT\]]:VALUE:' \
'--search-token-file=[file with the bearer token for the endpoint; or systemd credential \`search-token\` \[CLIP_BOT_SEARCH_TOKEN_FILE\]]:VALUE:_files' \
'--search-url=[address of the search endpoint (required); \`/search\` is appended if missing \[CLIP_BOT_SEARCH_URL\]]:VALUE:' \
'--state-dir=[folder that keeps the owner, the guests, and messages until they are answered; empty\: systemd'\''s StateDirectory, else memory \[CLIP_BOT_STATE_DIR\]]:VALUE:_files -/' \
'--storage=[id of a group or channel that holds nobody but the owner and the bot\: own pictures without a public address are put there once, silently, so that inline mode can show them; empty\: not \[CLIP_BOT_STORAGE\]]:VALUE:' \
'--token-file=[file with the bot token; or systemd credential \`telegram-token\` \[CLIP_BOT_TOKEN_FILE\]]:VALUE:_files' \
'--workers=[queries answered at the same time, 1 to 64 \[default\: 32\] \[CLIP_BOT_WORKERS\]]:VALUE:' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
&& ret=0
;;
(check)
_arguments "${_arguments_options[@]}" : \
'--allowed=[ids of the users and chats that the bot serves, separated by commas, or \`everyone\`; empty\: nobody but the owner, who claims the bot, and the owner'\''s guests \[CLIP_BOT_ALLOWED\]]:VALUE:(everyone)' \
'--api-url=[address of the Bot API server \[default\: https\://api.telegram.org\] \[CLIP_BOT_API_URL\]]:VALUE:' \
'--forget-left=[when the pictures collected in a chat are forgotten after the bot was removed from it, 1s to 1000d \[default\: 30d\] \[CLIP_BOT_FORGET_LEFT\]]:VALUE:' \
'--keep-files=[whether the endpoint keeps the files of saved pictures, too, in their largest size and without metadata, until they are forgotten\: \`yes\` or \`no\` \[default\: no\] \[CLIP_BOT_KEEP_FILES\]]::VALUE:(yes no)' \
'--language=[language of all answers\: \`en\`, \`es\`, \`de\`, \`fr\`, \`it\`, \`pt\`, \`ru\`, \`uk\`, \`zh\` or \`ja\`; empty\: each user'\''s own \[CLIP_BOT_LANGUAGE\]]:VALUE:(en es de fr it pt ru uk zh ja)' \
'--log=[log level\: \`off\`, \`error\`, \`warn\`, \`info\`, \`debug\` or \`trace\` \[default\: info\] \[CLIP_BOT_LOG\]]:VALUE:(off error warn info debug trace)' \
'--poll-timeout=[how long one getUpdates request waits for messages, 1s to 50s \[default\: 50s\] \[CLIP_BOT_POLL_TIMEOUT\]]:VALUE:' \
'--rate=[most searches per user and period; \`none\`\: no limit \[default\: 10/1m\] \[CLIP_BOT_RATE\]]:VALUE:(none)' \
'--results=[pictures in an answer, 1 to 10 \[default\: 5\] \[CLIP_BOT_RESULTS\]]:VALUE:' \
'--search-auth=[how the bot authenticates to the endpoint\: \`none\`, \`bearer\` or \`aws-iam\`; empty\: \`bearer\` if a token is set, else \`none\` \[CLIP_BOT_SEARCH_AUTH\]]:VALUE:(none bearer aws-iam bearer none)' \
'--search-timeout=[how long the bot waits for the endpoint'\''s answer, 1s to 10m \[default\: 35s\] \[CLIP_BOT_SEARCH_TIMEOUT\]]:VALUE:' \
'--search-token-file=[file with the bearer token for the endpoint; or systemd credential \`search-token\` \[CLIP_BOT_SEARCH_TOKEN_FILE\]]:VALUE:_files' \
'--search-url=[address of the search endpoint (required); \`/search\` is appended if missing \[CLIP_BOT_SEARCH_URL\]]:VALUE:' \
'--state-dir=[folder that keeps the owner, the guests, and messages until they are answered; empty\: systemd'\''s StateDirectory, else memory \[CLIP_BOT_STATE_DIR\]]:VALUE:_files -/' \
'--storage=[id of a group or channel that holds nobody but the owner and the bot\: own pictures without a public address are put there once, silently, so that inline mode can show them; empty\: not \[CLIP_BOT_STORAGE\]]:VALUE:' \
'--token-file=[file with the bot token; or systemd credential \`telegram-token\` \[CLIP_BOT_TOKEN_FILE\]]:VALUE:_files' \
'--workers=[queries answered at the same time, 1 to 64 \[default\: 32\] \[CLIP_BOT_WORKERS\]]:VALUE:' \
'--config-only[check the settings only, without secrets and network]' \
'--json[print JSON, for scripts]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
&& ret=0
;;
(reload)
_arguments "${_arguments_options[@]}" : \
'--allowed=[ids of the users and chats that the bot serves, separated by commas, or \`everyone\`; empty\: nobody but the owner, who claims the bot, and the owner'\''s guests \[CLIP_BOT_ALLOWED\]]:VALUE:(everyone)' \
'--api-url=[address of the Bot API server \[default\: https\://api.telegram.org\] \[CLIP_BOT_API_URL\]]:VALUE:' \
'--forget-left=[when the pictures collected in a chat are forgotten after the bot was removed from it, 1s to 1000d \[default\: 30d\] \[CLIP_BOT_FORGET_LEFT\]]:VALUE:' \
'--keep-files=[whether the endpoint keeps the files of saved pictures, too, in their largest size and without metadata, until they are forgotten\: \`yes\` or \`no\` \[default\: no\] \[CLIP_BOT_KEEP_FILES\]]::VALUE:(yes no)' \
'--language=[language of all answers\: \`en\`, \`es\`, \`de\`, \`fr\`, \`it\`, \`pt\`, \`ru\`, \`uk\`, \`zh\` or \`ja\`; empty\: each user'\''s own \[CLIP_BOT_LANGUAGE\]]:VALUE:(en es de fr it pt ru uk zh ja)' \
'--log=[log level\: \`off\`, \`error\`, \`warn\`, \`info\`, \`debug\` or \`trace\` \[default\: info\] \[CLIP_BOT_LOG\]]:VALUE:(off error warn info debug trace)' \
'--poll-timeout=[how long one getUpdates request waits for messages, 1s to 50s \[default\: 50s\] \[CLIP_BOT_POLL_TIMEOUT\]]:VALUE:' \
'--rate=[most searches per user and period; \`none\`\: no limit \[default\: 10/1m\] \[CLIP_BOT_RATE\]]:VALUE:(none)' \
'--results=[pictures in an answer, 1 to 10 \[default\: 5\] \[CLIP_BOT_RESULTS\]]:VALUE:' \
'--search-auth=[how the bot authenticates to the endpoint\: \`none\`, \`bearer\` or \`aws-iam\`; empty\: \`bearer\` if a token is set, else \`none\` \[CLIP_BOT_SEARCH_AUTH\]]:VALUE:(none bearer aws-iam bearer none)' \
'--search-timeout=[how long the bot waits for the endpoint'\''s answer, 1s to 10m \[default\: 35s\] \[CLIP_BOT_SEARCH_TIMEOUT\]]:VALUE:' \
'--search-token-file=[file with the bearer token for the endpoint; or systemd credential \`search-token\` \[CLIP_BOT_SEARCH_TOKEN_FILE\]]:VALUE:_files' \
'--search-url=[address of the search endpoint (required); \`/search\` is appended if missing \[CLIP_BOT_SEARCH_URL\]]:VALUE:' \
'--state-dir=[folder that keeps the owner, the guests, and messages until they are answered; empty\: systemd'\''s StateDirectory, else memory \[CLIP_BOT_STATE_DIR\]]:VALUE:_files -/' \
'--storage=[id of a group or channel that holds nobody but the owner and the bot\: own pictures without a public address are put there once, silently, so that inline mode can show them; empty\: not \[CLIP_BOT_STORAGE\]]:VALUE:' \
'--token-file=[file with the bot token; or systemd credential \`telegram-token\` \[CLIP_BOT_TOKEN_FILE\]]:VALUE:_files' \
'--workers=[queries answered at the same time, 1 to 64 \[default\: 32\] \[CLIP_BOT_WORKERS\]]:VALUE:' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
&& ret=0
;;
(query)
_arguments "${_arguments_options[@]}" : \
'--allowed=[ids of the users and chats that the bot serves, separated by commas, or \`everyone\`; empty\: nobody but the owner, who claims the bot, and the owner'\''s guests \[CLIP_BOT_ALLOWED\]]:VALUE:(everyone)' \
'--api-url=[address of the Bot API server \[default\: https\://api.telegram.org\] \[CLIP_BOT_API_URL\]]:VALUE:' \
'--forget-left=[when the pictures collected in a chat are forgotten after the bot was removed from it, 1s to 1000d \[default\: 30d\] \[CLIP_BOT_FORGET_LEFT\]]:VALUE:' \
'--keep-files=[whether the endpoint keeps the files of saved pictures, too, in their largest size and without metadata, until they are forgotten\: \`yes\` or \`no\` \[default\: no\] \[CLIP_BOT_KEEP_FILES\]]::VALUE:(yes no)' \
'--language=[language of all answers\: \`en\`, \`es\`, \`de\`, \`fr\`, \`it\`, \`pt\`, \`ru\`, \`uk\`, \`zh\` or \`ja\`; empty\: each user'\''s own \[CLIP_BOT_LANGUAGE\]]:VALUE:(en es de fr it pt ru uk zh ja)' \
'--log=[log level\: \`off\`, \`error\`, \`warn\`, \`info\`, \`debug\` or \`trace\` \[default\: info\] \[CLIP_BOT_LOG\]]:VALUE:(off error warn info debug trace)' \
'--poll-timeout=[how long one getUpdates request waits for messages, 1s to 50s \[default\: 50s\] \[CLIP_BOT_POLL_TIMEOUT\]]:VALUE:' \
'--rate=[most searches per user and period; \`none\`\: no limit \[default\: 10/1m\] \[CLIP_BOT_RATE\]]:VALUE:(none)' \
'--results=[pictures in an answer, 1 to 10 \[default\: 5\] \[CLIP_BOT_RESULTS\]]:VALUE:' \
'--search-auth=[how the bot authenticates to the endpoint\: \`none\`, \`bearer\` or \`aws-iam\`; empty\: \`bearer\` if a token is set, else \`none\` \[CLIP_BOT_SEARCH_AUTH\]]:VALUE:(none bearer aws-iam bearer none)' \
'--search-timeout=[how long the bot waits for the endpoint'\''s answer, 1s to 10m \[default\: 35s\] \[CLIP_BOT_SEARCH_TIMEOUT\]]:VALUE:' \
'--search-token-file=[file with the bearer token for the endpoint; or systemd credential \`search-token\` \[CLIP_BOT_SEARCH_TOKEN_FILE\]]:VALUE:_files' \
'--search-url=[address of the search endpoint (required); \`/search\` is appended if missing \[CLIP_BOT_SEARCH_URL\]]:VALUE:' \
'--state-dir=[folder that keeps the owner, the guests, and messages until they are answered; empty\: systemd'\''s StateDirectory, else memory \[CLIP_BOT_STATE_DIR\]]:VALUE:_files -/' \
'--storage=[id of a group or channel that holds nobody but the owner and the bot\: own pictures without a public address are put there once, silently, so that inline mode can show them; empty\: not \[CLIP_BOT_STORAGE\]]:VALUE:' \
'--token-file=[file with the bot token; or systemd credential \`telegram-token\` \[CLIP_BOT_TOKEN_FILE\]]:VALUE:_files' \
'--workers=[queries answered at the same time, 1 to 64 \[default\: 32\] \[CLIP_BOT_WORKERS\]]:VALUE:' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
'*::TEXT -- what the pictures show:' \
&& ret=0
;;
(help)
_arguments "${_arguments_options[@]}" : \
":: :_clip-bot__subcmd__help_commands" \
"*::: :->help" \
&& ret=0

    case $state in
    (help)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:clip-bot-help-command-$line[1]:"
        case $line[1] in
            (run)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(check)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(reload)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(query)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(help)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
        esac
    ;;
esac
;;
        esac
    ;;
esac
}

(( $+functions[_clip-bot_commands] )) ||
_clip-bot_commands() {
    local commands; commands=(
'run:answer messages until SIGTERM (the default)' \
'check:check all that the bot needs, one line each' \
'reload:hand changed settings to the running bot (systemctl reload)' \
'query:ask the endpoint once and print one address a line' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'clip-bot commands' commands "$@"
}
(( $+functions[_clip-bot__subcmd__check_commands] )) ||
_clip-bot__subcmd__check_commands() {
    local commands; commands=()
    _describe -t commands 'clip-bot check commands' commands "$@"
}
(( $+functions[_clip-bot__subcmd__help_commands] )) ||
_clip-bot__subcmd__help_commands() {
    local commands; commands=(
'run:answer messages until SIGTERM (the default)' \
'check:check all that the bot needs, one line each' \
'reload:hand changed settings to the running bot (systemctl reload)' \
'query:ask the endpoint once and print one address a line' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'clip-bot help commands' commands "$@"
}
(( $+functions[_clip-bot__subcmd__help__subcmd__check_commands] )) ||
_clip-bot__subcmd__help__subcmd__check_commands() {
    local commands; commands=()
    _describe -t commands 'clip-bot help check commands' commands "$@"
}
(( $+functions[_clip-bot__subcmd__help__subcmd__help_commands] )) ||
_clip-bot__subcmd__help__subcmd__help_commands() {
    local commands; commands=()
    _describe -t commands 'clip-bot help help commands' commands "$@"
}
(( $+functions[_clip-bot__subcmd__help__subcmd__query_commands] )) ||
_clip-bot__subcmd__help__subcmd__query_commands() {
    local commands; commands=()
    _describe -t commands 'clip-bot help query commands' commands "$@"
}
(( $+functions[_clip-bot__subcmd__help__subcmd__reload_commands] )) ||
_clip-bot__subcmd__help__subcmd__reload_commands() {
    local commands; commands=()
    _describe -t commands 'clip-bot help reload commands' commands "$@"
}
(( $+functions[_clip-bot__subcmd__help__subcmd__run_commands] )) ||
_clip-bot__subcmd__help__subcmd__run_commands() {
    local commands; commands=()
    _describe -t commands 'clip-bot help run commands' commands "$@"
}
(( $+functions[_clip-bot__subcmd__query_commands] )) ||
_clip-bot__subcmd__query_commands() {
    local commands; commands=()
    _describe -t commands 'clip-bot query commands' commands "$@"
}
(( $+functions[_clip-bot__subcmd__reload_commands] )) ||
_clip-bot__subcmd__reload_commands() {
    local commands; commands=()
    _describe -t commands 'clip-bot reload commands' commands "$@"
}
(( $+functions[_clip-bot__subcmd__run_commands] )) ||
_clip-bot__subcmd__run_commands() {
    local commands; commands=()
    _describe -t commands 'clip-bot run commands' commands "$@"
}

if [ "$funcstack[1]" = "_clip-bot" ]; then
    _clip-bot "$@"
else
    compdef _clip-bot clip-bot
fi
