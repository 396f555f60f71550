#compdef clip-search

autoload -U is-at-least

_clip-search() {
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
'--cache=[folder where smaller pictures are kept, at most 256 MiB; empty\: systemd'\''s CacheDirectory, else the user'\''s cache folder \[CLIP_SEARCH_CACHE\]]:VALUE:' \
'--cors=[pages of other servers that may read answers\: origins by comma, such as \`https\://photos.example\`, or \`*\` for all \[CLIP_SEARCH_CORS\]]:VALUE:' \
'--engine=[search engine\: \`clip\`, \`space\` or \`mock\`; empty\: \`space\` if CLIP_SEARCH_SPACE is set, else \`clip\` \[CLIP_SEARCH_ENGINE\]]:VALUE:(clip space mock space clip)' \
'--hf-token-file=[file with the Hugging Face token; or systemd credential \`hf-token\` \[CLIP_SEARCH_HF_TOKEN_FILE\]]:VALUE:_files' \
'--hub=[address of the hub, where Spaces are looked up and models are downloaded \[default\: https\://huggingface.co\] \[CLIP_SEARCH_HUB\]]:VALUE:' \
'--idle=[exit after this time without a request, for socket activation; empty\: never \[CLIP_SEARCH_IDLE\]]:VALUE:' \
'--index=[folder of the picture index; empty\: the built-in pictures \[CLIP_SEARCH_INDEX\]]:VALUE:_files -/' \
'--listen=[address and port to listen on; a socket passed by systemd takes precedence \[default\: 127.0.0.1\:8080\] \[CLIP_SEARCH_LISTEN\]]:VALUE:' \
'--log=[log level\: \`off\`, \`error\`, \`warn\`, \`info\`, \`debug\` or \`trace\` \[default\: info\] \[CLIP_SEARCH_LOG\]]:VALUE:(off error warn info debug trace)' \
'--min-score=[how similar a picture found by a text query must be\: \`strict\`, \`normal\`, \`loose\`, or the lowest cosine, -1 to 1; empty\: \`normal\` for the built-in model, else no limit \[CLIP_SEARCH_MIN_SCORE\]]:VALUE:(strict normal loose normal)' \
'--model=[file of the CLIP model, or the name of a known one, which is fetched once; empty\: the one that was named for the index, else the small built-in model, which knows drawings only \[CLIP_SEARCH_MODEL\]]:VALUE:_files' \
'--open=[whether anybody may search who reaches the address, where it is not loopback and no token is set\: \`yes\` or \`no\` \[default\: no\] \[CLIP_SEARCH_OPEN\]]::VALUE:(yes no)' \
'--page=[the page at \`/\` for people with a browser, \`on\` or \`off\`; empty\: \`on\` unless a token is set \[CLIP_SEARCH_PAGE\]]:VALUE:(on off on)' \
'--public-base=[base address of the pictures'\'' URLs; the path below the indexed folder, or a Space'\''s base name, is appended \[CLIP_SEARCH_PUBLIC_BASE\]]:VALUE:' \
'--public-url=[address by which others reach this endpoint, such as a proxy'\''s, with its path; addresses in answers start with it; empty\: the caller'\''s \`Host\` \[CLIP_SEARCH_PUBLIC_URL\]]:VALUE:' \
'--qdrant=[URL of a Qdrant collection that holds the index, in place of a folder \[CLIP_SEARCH_QDRANT\]]:VALUE:' \
'--qdrant-key-file=[file with the API key for Qdrant; or systemd credential \`qdrant-key\` \[CLIP_SEARCH_QDRANT_KEY_FILE\]]:VALUE:_files' \
'--quota-mb=[most megabytes of kept files in each collection of saved pictures \[default\: 2000\] \[CLIP_SEARCH_QUOTA_MB\]]:VALUE:' \
'--quota-pictures=[most pictures in each collection of saved pictures \[default\: 100000\] \[CLIP_SEARCH_QUOTA_PICTURES\]]:VALUE:_files -/' \
'--saved=[folder of the pictures that \`POST /pictures\` saves, which needs a token; empty\: none are saved \[CLIP_SEARCH_SAVED\]]:VALUE:' \
'--space=[Hugging Face Space to search with\: its address, that of its page on the hub, or user/name \[CLIP_SEARCH_SPACE\]]:VALUE:' \
'--space-api=[function of the Space, by name or number; empty\: the one that searches pictures \[CLIP_SEARCH_SPACE_API\]]:VALUE:' \
'--space-args=[arguments for the Space as JSON\: an array, or an object by parameter name; {query}, {limit}, {image} and {type} are filled in; empty\: by the kinds of its inputs \[CLIP_SEARCH_SPACE_ARGS\]]:VALUE:' \
'--space-login-file=[file with user\:password for a Space that asks for a login of its own; or systemd credential \`space-login\` \[CLIP_SEARCH_SPACE_LOGIN_FILE\]]:VALUE:_files' \
'--timeout=[time limit for one search, 1s to 10m \[default\: 25s\] \[CLIP_SEARCH_TIMEOUT\]]:VALUE:' \
'--token-file=[file with the bearer token that clients must send; or systemd credential \`search-token\` \[CLIP_SEARCH_TOKEN_FILE\]]:VALUE:_files' \
'--workers=[searches at the same time, 1 to 512 \[default\: 32\] \[CLIP_SEARCH_WORKERS\]]:VALUE:' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
":: :_clip-search_commands" \
"*::: :->clip-search" \
&& ret=0
    case $state in
    (clip-search)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:clip-search-command-$line[1]:"
        case $line[1] in
            (serve)
_arguments "${_arguments_options[@]}" : \
'--cache=[folder where smaller pictures are kept, at most 256 MiB; empty\: systemd'\''s CacheDirectory, else the user'\''s cache folder \[CLIP_SEARCH_CACHE\]]:VALUE:' \
'--cors=[pages of other servers that may read answers\: origins by comma, such as \`https\://photos.example\`, or \`*\` for all \[CLIP_SEARCH_CORS\]]:VALUE:' \
'--engine=[search engine\: \`clip\`, \`space\` or \`mock\`; empty\: \`space\` if CLIP_SEARCH_SPACE is set, else \`clip\` \[CLIP_SEARCH_ENGINE\]]:VALUE:(clip space mock space clip)' \
'--hf-token-file=[file with the Hugging Face token; or systemd credential \`hf-token\` \[CLIP_SEARCH_HF_TOKEN_FILE\]]:VALUE:_files' \
'--hub=[address of the hub, where Spaces are looked up and models are downloaded \[default\: https\://huggingface.co\] \[CLIP_SEARCH_HUB\]]:VALUE:' \
'--idle=[exit after this time without a request, for socket activation; empty\: never \[CLIP_SEARCH_IDLE\]]:VALUE:' \
'--index=[folder of the picture index; empty\: the built-in pictures \[CLIP_SEARCH_INDEX\]]:VALUE:_files -/' \
'--listen=[address and port to listen on; a socket passed by systemd takes precedence \[default\: 127.0.0.1\:8080\] \[CLIP_SEARCH_LISTEN\]]:VALUE:' \
'--log=[log level\: \`off\`, \`error\`, \`warn\`, \`info\`, \`debug\` or \`trace\` \[default\: info\] \[CLIP_SEARCH_LOG\]]:VALUE:(off error warn info debug trace)' \
'--min-score=[how similar a picture found by a text query must be\: \`strict\`, \`normal\`, \`loose\`, or the lowest cosine, -1 to 1; empty\: \`normal\` for the built-in model, else no limit \[CLIP_SEARCH_MIN_SCORE\]]:VALUE:(strict normal loose normal)' \
'--model=[file of the CLIP model, or the name of a known one, which is fetched once; empty\: the one that was named for the index, else the small built-in model, which knows drawings only \[CLIP_SEARCH_MODEL\]]:VALUE:_files' \
'--open=[whether anybody may search who reaches the address, where it is not loopback and no token is set\: \`yes\` or \`no\` \[default\: no\] \[CLIP_SEARCH_OPEN\]]::VALUE:(yes no)' \
'--page=[the page at \`/\` for people with a browser, \`on\` or \`off\`; empty\: \`on\` unless a token is set \[CLIP_SEARCH_PAGE\]]:VALUE:(on off on)' \
'--public-base=[base address of the pictures'\'' URLs; the path below the indexed folder, or a Space'\''s base name, is appended \[CLIP_SEARCH_PUBLIC_BASE\]]:VALUE:' \
'--public-url=[address by which others reach this endpoint, such as a proxy'\''s, with its path; addresses in answers start with it; empty\: the caller'\''s \`Host\` \[CLIP_SEARCH_PUBLIC_URL\]]:VALUE:' \
'--qdrant=[URL of a Qdrant collection that holds the index, in place of a folder \[CLIP_SEARCH_QDRANT\]]:VALUE:' \
'--qdrant-key-file=[file with the API key for Qdrant; or systemd credential \`qdrant-key\` \[CLIP_SEARCH_QDRANT_KEY_FILE\]]:VALUE:_files' \
'--quota-mb=[most megabytes of kept files in each collection of saved pictures \[default\: 2000\] \[CLIP_SEARCH_QUOTA_MB\]]:VALUE:' \
'--quota-pictures=[most pictures in each collection of saved pictures \[default\: 100000\] \[CLIP_SEARCH_QUOTA_PICTURES\]]:VALUE:_files -/' \
'--saved=[folder of the pictures that \`POST /pictures\` saves, which needs a token; empty\: none are saved \[CLIP_SEARCH_SAVED\]]:VALUE:' \
'--space=[Hugging Face Space to search with\: its address, that of its page on the hub, or user/name \[CLIP_SEARCH_SPACE\]]:VALUE:' \
'--space-api=[function of the Space, by name or number; empty\: the one that searches pictures \[CLIP_SEARCH_SPACE_API\]]:VALUE:' \
'--space-args=[arguments for the Space as JSON\: an array, or an object by parameter name; {query}, {limit}, {image} and {type} are filled in; empty\: by the kinds of its inputs \[CLIP_SEARCH_SPACE_ARGS\]]:VALUE:' \
'--space-login-file=[file with user\:password for a Space that asks for a login of its own; or systemd credential \`space-login\` \[CLIP_SEARCH_SPACE_LOGIN_FILE\]]:VALUE:_files' \
'--timeout=[time limit for one search, 1s to 10m \[default\: 25s\] \[CLIP_SEARCH_TIMEOUT\]]:VALUE:' \
'--token-file=[file with the bearer token that clients must send; or systemd credential \`search-token\` \[CLIP_SEARCH_TOKEN_FILE\]]:VALUE:_files' \
'--workers=[searches at the same time, 1 to 512 \[default\: 32\] \[CLIP_SEARCH_WORKERS\]]:VALUE:' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
&& ret=0
;;
(check)
_arguments "${_arguments_options[@]}" : \
'--cache=[folder where smaller pictures are kept, at most 256 MiB; empty\: systemd'\''s CacheDirectory, else the user'\''s cache folder \[CLIP_SEARCH_CACHE\]]:VALUE:' \
'--cors=[pages of other servers that may read answers\: origins by comma, such as \`https\://photos.example\`, or \`*\` for all \[CLIP_SEARCH_CORS\]]:VALUE:' \
'--engine=[search engine\: \`clip\`, \`space\` or \`mock\`; empty\: \`space\` if CLIP_SEARCH_SPACE is set, else \`clip\` \[CLIP_SEARCH_ENGINE\]]:VALUE:(clip space mock space clip)' \
'--hf-token-file=[file with the Hugging Face token; or systemd credential \`hf-token\` \[CLIP_SEARCH_HF_TOKEN_FILE\]]:VALUE:_files' \
'--hub=[address of the hub, where Spaces are looked up and models are downloaded \[default\: https\://huggingface.co\] \[CLIP_SEARCH_HUB\]]:VALUE:' \
'--idle=[exit after this time without a request, for socket activation; empty\: never \[CLIP_SEARCH_IDLE\]]:VALUE:' \
'--index=[folder of the picture index; empty\: the built-in pictures \[CLIP_SEARCH_INDEX\]]:VALUE:_files -/' \
'--listen=[address and port to listen on; a socket passed by systemd takes precedence \[default\: 127.0.0.1\:8080\] \[CLIP_SEARCH_LISTEN\]]:VALUE:' \
'--log=[log level\: \`off\`, \`error\`, \`warn\`, \`info\`, \`debug\` or \`trace\` \[default\: info\] \[CLIP_SEARCH_LOG\]]:VALUE:(off error warn info debug trace)' \
'--min-score=[how similar a picture found by a text query must be\: \`strict\`, \`normal\`, \`loose\`, or the lowest cosine, -1 to 1; empty\: \`normal\` for the built-in model, else no limit \[CLIP_SEARCH_MIN_SCORE\]]:VALUE:(strict normal loose normal)' \
'--model=[file of the CLIP model, or the name of a known one, which is fetched once; empty\: the one that was named for the index, else the small built-in model, which knows drawings only \[CLIP_SEARCH_MODEL\]]:VALUE:_files' \
'--open=[whether anybody may search who reaches the address, where it is not loopback and no token is set\: \`yes\` or \`no\` \[default\: no\] \[CLIP_SEARCH_OPEN\]]::VALUE:(yes no)' \
'--page=[the page at \`/\` for people with a browser, \`on\` or \`off\`; empty\: \`on\` unless a token is set \[CLIP_SEARCH_PAGE\]]:VALUE:(on off on)' \
'--public-base=[base address of the pictures'\'' URLs; the path below the indexed folder, or a Space'\''s base name, is appended \[CLIP_SEARCH_PUBLIC_BASE\]]:VALUE:' \
'--public-url=[address by which others reach this endpoint, such as a proxy'\''s, with its path; addresses in answers start with it; empty\: the caller'\''s \`Host\` \[CLIP_SEARCH_PUBLIC_URL\]]:VALUE:' \
'--qdrant=[URL of a Qdrant collection that holds the index, in place of a folder \[CLIP_SEARCH_QDRANT\]]:VALUE:' \
'--qdrant-key-file=[file with the API key for Qdrant; or systemd credential \`qdrant-key\` \[CLIP_SEARCH_QDRANT_KEY_FILE\]]:VALUE:_files' \
'--quota-mb=[most megabytes of kept files in each collection of saved pictures \[default\: 2000\] \[CLIP_SEARCH_QUOTA_MB\]]:VALUE:' \
'--quota-pictures=[most pictures in each collection of saved pictures \[default\: 100000\] \[CLIP_SEARCH_QUOTA_PICTURES\]]:VALUE:_files -/' \
'--saved=[folder of the pictures that \`POST /pictures\` saves, which needs a token; empty\: none are saved \[CLIP_SEARCH_SAVED\]]:VALUE:' \
'--space=[Hugging Face Space to search with\: its address, that of its page on the hub, or user/name \[CLIP_SEARCH_SPACE\]]:VALUE:' \
'--space-api=[function of the Space, by name or number; empty\: the one that searches pictures \[CLIP_SEARCH_SPACE_API\]]:VALUE:' \
'--space-args=[arguments for the Space as JSON\: an array, or an object by parameter name; {query}, {limit}, {image} and {type} are filled in; empty\: by the kinds of its inputs \[CLIP_SEARCH_SPACE_ARGS\]]:VALUE:' \
'--space-login-file=[file with user\:password for a Space that asks for a login of its own; or systemd credential \`space-login\` \[CLIP_SEARCH_SPACE_LOGIN_FILE\]]:VALUE:_files' \
'--timeout=[time limit for one search, 1s to 10m \[default\: 25s\] \[CLIP_SEARCH_TIMEOUT\]]:VALUE:' \
'--token-file=[file with the bearer token that clients must send; or systemd credential \`search-token\` \[CLIP_SEARCH_TOKEN_FILE\]]:VALUE:_files' \
'--workers=[searches at the same time, 1 to 512 \[default\: 32\] \[CLIP_SEARCH_WORKERS\]]:VALUE:' \
'--config-only[check the settings only, without secrets and network]' \
'--json[print JSON, for scripts]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
&& ret=0
;;
(query)
_arguments "${_arguments_options[@]}" : \
'*--after=[only pictures taken in this year, month or day, or later]:VALUE:' \
'*--before=[only pictures taken before this year, month or day]:VALUE:' \
'*--near=[only pictures taken near LATITUDE,LONGITUDE,KILOMETRES]:VALUE:' \
'*--folder=[only pictures in folders with these words in their name]:VALUE:' \
'--cache=[folder where smaller pictures are kept, at most 256 MiB; empty\: systemd'\''s CacheDirectory, else the user'\''s cache folder \[CLIP_SEARCH_CACHE\]]:VALUE:' \
'--cors=[pages of other servers that may read answers\: origins by comma, such as \`https\://photos.example\`, or \`*\` for all \[CLIP_SEARCH_CORS\]]:VALUE:' \
'--engine=[search engine\: \`clip\`, \`space\` or \`mock\`; empty\: \`space\` if CLIP_SEARCH_SPACE is set, else \`clip\` \[CLIP_SEARCH_ENGINE\]]:VALUE:(clip space mock space clip)' \
'--hf-token-file=[file with the Hugging Face token; or systemd credential \`hf-token\` \[CLIP_SEARCH_HF_TOKEN_FILE\]]:VALUE:_files' \
'--hub=[address of the hub, where Spaces are looked up and models are downloaded \[default\: https\://huggingface.co\] \[CLIP_SEARCH_HUB\]]:VALUE:' \
'--idle=[exit after this time without a request, for socket activation; empty\: never \[CLIP_SEARCH_IDLE\]]:VALUE:' \
'--index=[folder of the picture index; empty\: the built-in pictures \[CLIP_SEARCH_INDEX\]]:VALUE:_files -/' \
'--listen=[address and port to listen on; a socket passed by systemd takes precedence \[default\: 127.0.0.1\:8080\] \[CLIP_SEARCH_LISTEN\]]:VALUE:' \
'--log=[log level\: \`off\`, \`error\`, \`warn\`, \`info\`, \`debug\` or \`trace\` \[default\: info\] \[CLIP_SEARCH_LOG\]]:VALUE:(off error warn info debug trace)' \
'--min-score=[how similar a picture found by a text query must be\: \`strict\`, \`normal\`, \`loose\`, or the lowest cosine, -1 to 1; empty\: \`normal\` for the built-in model, else no limit \[CLIP_SEARCH_MIN_SCORE\]]:VALUE:(strict normal loose normal)' \
'--model=[file of the CLIP model, or the name of a known one, which is fetched once; empty\: the one that was named for the index, else the small built-in model, which knows drawings only \[CLIP_SEARCH_MODEL\]]:VALUE:_files' \
'--open=[whether anybody may search who reaches the address, where it is not loopback and no token is set\: \`yes\` or \`no\` \[default\: no\] \[CLIP_SEARCH_OPEN\]]::VALUE:(yes no)' \
'--page=[the page at \`/\` for people with a browser, \`on\` or \`off\`; empty\: \`on\` unless a token is set \[CLIP_SEARCH_PAGE\]]:VALUE:(on off on)' \
'--public-base=[base address of the pictures'\'' URLs; the path below the indexed folder, or a Space'\''s base name, is appended \[CLIP_SEARCH_PUBLIC_BASE\]]:VALUE:' \
'--public-url=[address by which others reach this endpoint, such as a proxy'\''s, with its path; addresses in answers start with it; empty\: the caller'\''s \`Host\` \[CLIP_SEARCH_PUBLIC_URL\]]:VALUE:' \
'--qdrant=[URL of a Qdrant collection that holds the index, in place of a folder \[CLIP_SEARCH_QDRANT\]]:VALUE:' \
'--qdrant-key-file=[file with the API key for Qdrant; or systemd credential \`qdrant-key\` \[CLIP_SEARCH_QDRANT_KEY_FILE\]]:VALUE:_files' \
'--quota-mb=[most megabytes of kept files in each collection of saved pictures \[default\: 2000\] \[CLIP_SEARCH_QUOTA_MB\]]:VALUE:' \
'--quota-pictures=[most pictures in each collection of saved pictures \[default\: 100000\] \[CLIP_SEARCH_QUOTA_PICTURES\]]:VALUE:_files -/' \
'--saved=[folder of the pictures that \`POST /pictures\` saves, which needs a token; empty\: none are saved \[CLIP_SEARCH_SAVED\]]:VALUE:' \
'--space=[Hugging Face Space to search with\: its address, that of its page on the hub, or user/name \[CLIP_SEARCH_SPACE\]]:VALUE:' \
'--space-api=[function of the Space, by name or number; empty\: the one that searches pictures \[CLIP_SEARCH_SPACE_API\]]:VALUE:' \
'--space-args=[arguments for the Space as JSON\: an array, or an object by parameter name; {query}, {limit}, {image} and {type} are filled in; empty\: by the kinds of its inputs \[CLIP_SEARCH_SPACE_ARGS\]]:VALUE:' \
'--space-login-file=[file with user\:password for a Space that asks for a login of its own; or systemd credential \`space-login\` \[CLIP_SEARCH_SPACE_LOGIN_FILE\]]:VALUE:_files' \
'--timeout=[time limit for one search, 1s to 10m \[default\: 25s\] \[CLIP_SEARCH_TIMEOUT\]]:VALUE:' \
'--token-file=[file with the bearer token that clients must send; or systemd credential \`search-token\` \[CLIP_SEARCH_TOKEN_FILE\]]:VALUE:_files' \
'--workers=[searches at the same time, 1 to 512 \[default\: 32\] \[CLIP_SEARCH_WORKERS\]]:VALUE:' \
'--json[print JSON, for scripts]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
'*::TEXT -- what the pictures show:' \
&& ret=0
;;
(import)
_arguments "${_arguments_options[@]}" : \
'--cache=[folder where smaller pictures are kept, at most 256 MiB; empty\: systemd'\''s CacheDirectory, else the user'\''s cache folder \[CLIP_SEARCH_CACHE\]]:VALUE:' \
'--cors=[pages of other servers that may read answers\: origins by comma, such as \`https\://photos.example\`, or \`*\` for all \[CLIP_SEARCH_CORS\]]:VALUE:' \
'--engine=[search engine\: \`clip\`, \`space\` or \`mock\`; empty\: \`space\` if CLIP_SEARCH_SPACE is set, else \`clip\` \[CLIP_SEARCH_ENGINE\]]:VALUE:(clip space mock space clip)' \
'--hf-token-file=[file with the Hugging Face token; or systemd credential \`hf-token\` \[CLIP_SEARCH_HF_TOKEN_FILE\]]:VALUE:_files' \
'--hub=[address of the hub, where Spaces are looked up and models are downloaded \[default\: https\://huggingface.co\] \[CLIP_SEARCH_HUB\]]:VALUE:' \
'--idle=[exit after this time without a request, for socket activation; empty\: never \[CLIP_SEARCH_IDLE\]]:VALUE:' \
'--index=[folder of the picture index; empty\: the built-in pictures \[CLIP_SEARCH_INDEX\]]:VALUE:_files -/' \
'--listen=[address and port to listen on; a socket passed by systemd takes precedence \[default\: 127.0.0.1\:8080\] \[CLIP_SEARCH_LISTEN\]]:VALUE:' \
'--log=[log level\: \`off\`, \`error\`, \`warn\`, \`info\`, \`debug\` or \`trace\` \[default\: info\] \[CLIP_SEARCH_LOG\]]:VALUE:(off error warn info debug trace)' \
'--min-score=[how similar a picture found by a text query must be\: \`strict\`, \`normal\`, \`loose\`, or the lowest cosine, -1 to 1; empty\: \`normal\` for the built-in model, else no limit \[CLIP_SEARCH_MIN_SCORE\]]:VALUE:(strict normal loose normal)' \
'--model=[file of the CLIP model, or the name of a known one, which is fetched once; empty\: the one that was named for the index, else the small built-in model, which knows drawings only \[CLIP_SEARCH_MODEL\]]:VALUE:_files' \
'--open=[whether anybody may search who reaches the address, where it is not loopback and no token is set\: \`yes\` or \`no\` \[default\: no\] \[CLIP_SEARCH_OPEN\]]::VALUE:(yes no)' \
'--page=[the page at \`/\` for people with a browser, \`on\` or \`off\`; empty\: \`on\` unless a token is set \[CLIP_SEARCH_PAGE\]]:VALUE:(on off on)' \
'--public-base=[base address of the pictures'\'' URLs; the path below the indexed folder, or a Space'\''s base name, is appended \[CLIP_SEARCH_PUBLIC_BASE\]]:VALUE:' \
'--public-url=[address by which others reach this endpoint, such as a proxy'\''s, with its path; addresses in answers start with it; empty\: the caller'\''s \`Host\` \[CLIP_SEARCH_PUBLIC_URL\]]:VALUE:' \
'--qdrant=[URL of a Qdrant collection that holds the index, in place of a folder \[CLIP_SEARCH_QDRANT\]]:VALUE:' \
'--qdrant-key-file=[file with the API key for Qdrant; or systemd credential \`qdrant-key\` \[CLIP_SEARCH_QDRANT_KEY_FILE\]]:VALUE:_files' \
'--quota-mb=[most megabytes of kept files in each collection of saved pictures \[default\: 2000\] \[CLIP_SEARCH_QUOTA_MB\]]:VALUE:' \
'--quota-pictures=[most pictures in each collection of saved pictures \[default\: 100000\] \[CLIP_SEARCH_QUOTA_PICTURES\]]:VALUE:_files -/' \
'--saved=[folder of the pictures that \`POST /pictures\` saves, which needs a token; empty\: none are saved \[CLIP_SEARCH_SAVED\]]:VALUE:' \
'--space=[Hugging Face Space to search with\: its address, that of its page on the hub, or user/name \[CLIP_SEARCH_SPACE\]]:VALUE:' \
'--space-api=[function of the Space, by name or number; empty\: the one that searches pictures \[CLIP_SEARCH_SPACE_API\]]:VALUE:' \
'--space-args=[arguments for the Space as JSON\: an array, or an object by parameter name; {query}, {limit}, {image} and {type} are filled in; empty\: by the kinds of its inputs \[CLIP_SEARCH_SPACE_ARGS\]]:VALUE:' \
'--space-login-file=[file with user\:password for a Space that asks for a login of its own; or systemd credential \`space-login\` \[CLIP_SEARCH_SPACE_LOGIN_FILE\]]:VALUE:_files' \
'--timeout=[time limit for one search, 1s to 10m \[default\: 25s\] \[CLIP_SEARCH_TIMEOUT\]]:VALUE:' \
'--token-file=[file with the bearer token that clients must send; or systemd credential \`search-token\` \[CLIP_SEARCH_TOKEN_FILE\]]:VALUE:_files' \
'--workers=[searches at the same time, 1 to 512 \[default\: 32\] \[CLIP_SEARCH_WORKERS\]]:VALUE:' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
":: :_clip-search__subcmd__import_commands" \
"*::: :->import" \
&& ret=0

    case $state in
    (import)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:clip-search-import-command-$line[1]:"
        case $line[1] in
            (telegram)
_arguments "${_arguments_options[@]}" : \
'*--user=[the Telegram id of the user who finds them]:VALUE:' \
'*--chat=[the Telegram id of the chat whose members find them]:VALUE:' \
'--cache=[folder where smaller pictures are kept, at most 256 MiB; empty\: systemd'\''s CacheDirectory, else the user'\''s cache folder \[CLIP_SEARCH_CACHE\]]:VALUE:' \
'--cors=[pages of other servers that may read answers\: origins by comma, such as \`https\://photos.example\`, or \`*\` for all \[CLIP_SEARCH_CORS\]]:VALUE:' \
'--engine=[search engine\: \`clip\`, \`space\` or \`mock\`; empty\: \`space\` if CLIP_SEARCH_SPACE is set, else \`clip\` \[CLIP_SEARCH_ENGINE\]]:VALUE:(clip space mock space clip)' \
'--hf-token-file=[file with the Hugging Face token; or systemd credential \`hf-token\` \[CLIP_SEARCH_HF_TOKEN_FILE\]]:VALUE:_files' \
'--hub=[address of the hub, where Spaces are looked up and models are downloaded \[default\: https\://huggingface.co\] \[CLIP_SEARCH_HUB\]]:VALUE:' \
'--idle=[exit after this time without a request, for socket activation; empty\: never \[CLIP_SEARCH_IDLE\]]:VALUE:' \
'--index=[folder of the picture index; empty\: the built-in pictures \[CLIP_SEARCH_INDEX\]]:VALUE:_files -/' \
'--listen=[address and port to listen on; a socket passed by systemd takes precedence \[default\: 127.0.0.1\:8080\] \[CLIP_SEARCH_LISTEN\]]:VALUE:' \
'--log=[log level\: \`off\`, \`error\`, \`warn\`, \`info\`, \`debug\` or \`trace\` \[default\: info\] \[CLIP_SEARCH_LOG\]]:VALUE:(off error warn info debug trace)' \
'--min-score=[how similar a picture found by a text query must be\: \`strict\`, \`normal\`, \`loose\`, or the lowest cosine, -1 to 1; empty\: \`normal\` for the built-in model, else no limit \[CLIP_SEARCH_MIN_SCORE\]]:VALUE:(strict normal loose normal)' \
'--model=[file of the CLIP model, or the name of a known one, which is fetched once; empty\: the one that was named for the index, else the small built-in model, which knows drawings only \[CLIP_SEARCH_MODEL\]]:VALUE:_files' \
'--open=[whether anybody may search who reaches the address, where it is not loopback and no token is set\: \`yes\` or \`no\` \[default\: no\] \[CLIP_SEARCH_OPEN\]]::VALUE:(yes no)' \
'--page=[the page at \`/\` for people with a browser, \`on\` or \`off\`; empty\: \`on\` unless a token is set \[CLIP_SEARCH_PAGE\]]:VALUE:(on off on)' \
'--public-base=[base address of the pictures'\'' URLs; the path below the indexed folder, or a Space'\''s base name, is appended \[CLIP_SEARCH_PUBLIC_BASE\]]:VALUE:' \
'--public-url=[address by which others reach this endpoint, such as a proxy'\''s, with its path; addresses in answers start with it; empty\: the caller'\''s \`Host\` \[CLIP_SEARCH_PUBLIC_URL\]]:VALUE:' \
'--qdrant=[URL of a Qdrant collection that holds the index, in place of a folder \[CLIP_SEARCH_QDRANT\]]:VALUE:' \
'--qdrant-key-file=[file with the API key for Qdrant; or systemd credential \`qdrant-key\` \[CLIP_SEARCH_QDRANT_KEY_FILE\]]:VALUE:_files' \
'--quota-mb=[most megabytes of kept files in each collection of saved pictures \[default\: 2000\] \[CLIP_SEARCH_QUOTA_MB\]]:VALUE:' \
'--quota-pictures=[most pictures in each collection of saved pictures \[default\: 100000\] \[CLIP_SEARCH_QUOTA_PICTURES\]]:VALUE:_files -/' \
'--saved=[folder of the pictures that \`POST /pictures\` saves, which needs a token; empty\: none are saved \[CLIP_SEARCH_SAVED\]]:VALUE:' \
'--space=[Hugging Face Space to search with\: its address, that of its page on the hub, or user/name \[CLIP_SEARCH_SPACE\]]:VALUE:' \
'--space-api=[function of the Space, by name or number; empty\: the one that searches pictures \[CLIP_SEARCH_SPACE_API\]]:VALUE:' \
'--space-args=[arguments for the Space as JSON\: an array, or an object by parameter name; {query}, {limit}, {image} and {type} are filled in; empty\: by the kinds of its inputs \[CLIP_SEARCH_SPACE_ARGS\]]:VALUE:' \
'--space-login-file=[file with user\:password for a Space that asks for a login of its own; or systemd credential \`space-login\` \[CLIP_SEARCH_SPACE_LOGIN_FILE\]]:VALUE:_files' \
'--timeout=[time limit for one search, 1s to 10m \[default\: 25s\] \[CLIP_SEARCH_TIMEOUT\]]:VALUE:' \
'--token-file=[file with the bearer token that clients must send; or systemd credential \`search-token\` \[CLIP_SEARCH_TOKEN_FILE\]]:VALUE:_files' \
'--workers=[searches at the same time, 1 to 512 \[default\: 32\] \[CLIP_SEARCH_WORKERS\]]:VALUE:' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
':FOLDER -- the folder with result.json and the pictures:_files -/' \
&& ret=0
;;
(help)
_arguments "${_arguments_options[@]}" : \
":: :_clip-search__subcmd__import__subcmd__help_commands" \
"*::: :->help" \
&& ret=0

    case $state in
    (help)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:clip-search-import-help-command-$line[1]:"
        case $line[1] in
            (telegram)
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
;;
(index)
_arguments "${_arguments_options[@]}" : \
'--cache=[folder where smaller pictures are kept, at most 256 MiB; empty\: systemd'\''s CacheDirectory, else the user'\''s cache folder \[CLIP_SEARCH_CACHE\]]:VALUE:' \
'--cors=[pages of other servers that may read answers\: origins by comma, such as \`https\://photos.example\`, or \`*\` for all \[CLIP_SEARCH_CORS\]]:VALUE:' \
'--engine=[search engine\: \`clip\`, \`space\` or \`mock\`; empty\: \`space\` if CLIP_SEARCH_SPACE is set, else \`clip\` \[CLIP_SEARCH_ENGINE\]]:VALUE:(clip space mock space clip)' \
'--hf-token-file=[file with the Hugging Face token; or systemd credential \`hf-token\` \[CLIP_SEARCH_HF_TOKEN_FILE\]]:VALUE:_files' \
'--hub=[address of the hub, where Spaces are looked up and models are downloaded \[default\: https\://huggingface.co\] \[CLIP_SEARCH_HUB\]]:VALUE:' \
'--idle=[exit after this time without a request, for socket activation; empty\: never \[CLIP_SEARCH_IDLE\]]:VALUE:' \
'--index=[folder of the picture index; empty\: the built-in pictures \[CLIP_SEARCH_INDEX\]]:VALUE:_files -/' \
'--listen=[address and port to listen on; a socket passed by systemd takes precedence \[default\: 127.0.0.1\:8080\] \[CLIP_SEARCH_LISTEN\]]:VALUE:' \
'--log=[log level\: \`off\`, \`error\`, \`warn\`, \`info\`, \`debug\` or \`trace\` \[default\: info\] \[CLIP_SEARCH_LOG\]]:VALUE:(off error warn info debug trace)' \
'--min-score=[how similar a picture found by a text query must be\: \`strict\`, \`normal\`, \`loose\`, or the lowest cosine, -1 to 1; empty\: \`normal\` for the built-in model, else no limit \[CLIP_SEARCH_MIN_SCORE\]]:VALUE:(strict normal loose normal)' \
'--model=[file of the CLIP model, or the name of a known one, which is fetched once; empty\: the one that was named for the index, else the small built-in model, which knows drawings only \[CLIP_SEARCH_MODEL\]]:VALUE:_files' \
'--open=[whether anybody may search who reaches the address, where it is not loopback and no token is set\: \`yes\` or \`no\` \[default\: no\] \[CLIP_SEARCH_OPEN\]]::VALUE:(yes no)' \
'--page=[the page at \`/\` for people with a browser, \`on\` or \`off\`; empty\: \`on\` unless a token is set \[CLIP_SEARCH_PAGE\]]:VALUE:(on off on)' \
'--public-base=[base address of the pictures'\'' URLs; the path below the indexed folder, or a Space'\''s base name, is appended \[CLIP_SEARCH_PUBLIC_BASE\]]:VALUE:' \
'--public-url=[address by which others reach this endpoint, such as a proxy'\''s, with its path; addresses in answers start with it; empty\: the caller'\''s \`Host\` \[CLIP_SEARCH_PUBLIC_URL\]]:VALUE:' \
'--qdrant=[URL of a Qdrant collection that holds the index, in place of a folder \[CLIP_SEARCH_QDRANT\]]:VALUE:' \
'--qdrant-key-file=[file with the API key for Qdrant; or systemd credential \`qdrant-key\` \[CLIP_SEARCH_QDRANT_KEY_FILE\]]:VALUE:_files' \
'--quota-mb=[most megabytes of kept files in each collection of saved pictures \[default\: 2000\] \[CLIP_SEARCH_QUOTA_MB\]]:VALUE:' \
'--quota-pictures=[most pictures in each collection of saved pictures \[default\: 100000\] \[CLIP_SEARCH_QUOTA_PICTURES\]]:VALUE:_files -/' \
'--saved=[folder of the pictures that \`POST /pictures\` saves, which needs a token; empty\: none are saved \[CLIP_SEARCH_SAVED\]]:VALUE:' \
'--space=[Hugging Face Space to search with\: its address, that of its page on the hub, or user/name \[CLIP_SEARCH_SPACE\]]:VALUE:' \
'--space-api=[function of the Space, by name or number; empty\: the one that searches pictures \[CLIP_SEARCH_SPACE_API\]]:VALUE:' \
'--space-args=[arguments for the Space as JSON\: an array, or an object by parameter name; {query}, {limit}, {image} and {type} are filled in; empty\: by the kinds of its inputs \[CLIP_SEARCH_SPACE_ARGS\]]:VALUE:' \
'--space-login-file=[file with user\:password for a Space that asks for a login of its own; or systemd credential \`space-login\` \[CLIP_SEARCH_SPACE_LOGIN_FILE\]]:VALUE:_files' \
'--timeout=[time limit for one search, 1s to 10m \[default\: 25s\] \[CLIP_SEARCH_TIMEOUT\]]:VALUE:' \
'--token-file=[file with the bearer token that clients must send; or systemd credential \`search-token\` \[CLIP_SEARCH_TOKEN_FILE\]]:VALUE:_files' \
'--workers=[searches at the same time, 1 to 512 \[default\: 32\] \[CLIP_SEARCH_WORKERS\]]:VALUE:' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
":: :_clip-search__subcmd__index_commands" \
"*::: :->index" \
&& ret=0

    case $state in
    (index)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:clip-search-index-command-$line[1]:"
        case $line[1] in
            (add)
_arguments "${_arguments_options[@]}" : \
'*--exclude=[leave out what this pattern of gitignore matches, from now on]:VALUE:' \
'--cache=[folder where smaller pictures are kept, at most 256 MiB; empty\: systemd'\''s CacheDirectory, else the user'\''s cache folder \[CLIP_SEARCH_CACHE\]]:VALUE:' \
'--cors=[pages of other servers that may read answers\: origins by comma, such as \`https\://photos.example\`, or \`*\` for all \[CLIP_SEARCH_CORS\]]:VALUE:' \
'--engine=[search engine\: \`clip\`, \`space\` or \`mock\`; empty\: \`space\` if CLIP_SEARCH_SPACE is set, else \`clip\` \[CLIP_SEARCH_ENGINE\]]:VALUE:(clip space mock space clip)' \
'--hf-token-file=[file with the Hugging Face token; or systemd credential \`hf-token\` \[CLIP_SEARCH_HF_TOKEN_FILE\]]:VALUE:_files' \
'--hub=[address of the hub, where Spaces are looked up and models are downloaded \[default\: https\://huggingface.co\] \[CLIP_SEARCH_HUB\]]:VALUE:' \
'--idle=[exit after this time without a request, for socket activation; empty\: never \[CLIP_SEARCH_IDLE\]]:VALUE:' \
'--index=[folder of the picture index; empty\: the built-in pictures \[CLIP_SEARCH_INDEX\]]:VALUE:_files -/' \
'--listen=[address and port to listen on; a socket passed by systemd takes precedence \[default\: 127.0.0.1\:8080\] \[CLIP_SEARCH_LISTEN\]]:VALUE:' \
'--log=[log level\: \`off\`, \`error\`, \`warn\`, \`info\`, \`debug\` or \`trace\` \[default\: info\] \[CLIP_SEARCH_LOG\]]:VALUE:(off error warn info debug trace)' \
'--min-score=[how similar a picture found by a text query must be\: \`strict\`, \`normal\`, \`loose\`, or the lowest cosine, -1 to 1; empty\: \`normal\` for the built-in model, else no limit \[CLIP_SEARCH_MIN_SCORE\]]:VALUE:(strict normal loose normal)' \
'--model=[file of the CLIP model, or the name of a known one, which is fetched once; empty\: the one that was named for the index, else the small built-in model, which knows drawings only \[CLIP_SEARCH_MODEL\]]:VALUE:_files' \
'--open=[whether anybody may search who reaches the address, where it is not loopback and no token is set\: \`yes\` or \`no\` \[default\: no\] \[CLIP_SEARCH_OPEN\]]::VALUE:(yes no)' \
'--page=[the page at \`/\` for people with a browser, \`on\` or \`off\`; empty\: \`on\` unless a token is set \[CLIP_SEARCH_PAGE\]]:VALUE:(on off on)' \
'--public-base=[base address of the pictures'\'' URLs; the path below the indexed folder, or a Space'\''s base name, is appended \[CLIP_SEARCH_PUBLIC_BASE\]]:VALUE:' \
'--public-url=[address by which others reach this endpoint, such as a proxy'\''s, with its path; addresses in answers start with it; empty\: the caller'\''s \`Host\` \[CLIP_SEARCH_PUBLIC_URL\]]:VALUE:' \
'--qdrant=[URL of a Qdrant collection that holds the index, in place of a folder \[CLIP_SEARCH_QDRANT\]]:VALUE:' \
'--qdrant-key-file=[file with the API key for Qdrant; or systemd credential \`qdrant-key\` \[CLIP_SEARCH_QDRANT_KEY_FILE\]]:VALUE:_files' \
'--quota-mb=[most megabytes of kept files in each collection of saved pictures \[default\: 2000\] \[CLIP_SEARCH_QUOTA_MB\]]:VALUE:' \
'--quota-pictures=[most pictures in each collection of saved pictures \[default\: 100000\] \[CLIP_SEARCH_QUOTA_PICTURES\]]:VALUE:_files -/' \
'--saved=[folder of the pictures that \`POST /pictures\` saves, which needs a token; empty\: none are saved \[CLIP_SEARCH_SAVED\]]:VALUE:' \
'--space=[Hugging Face Space to search with\: its address, that of its page on the hub, or user/name \[CLIP_SEARCH_SPACE\]]:VALUE:' \
'--space-api=[function of the Space, by name or number; empty\: the one that searches pictures \[CLIP_SEARCH_SPACE_API\]]:VALUE:' \
'--space-args=[arguments for the Space as JSON\: an array, or an object by parameter name; {query}, {limit}, {image} and {type} are filled in; empty\: by the kinds of its inputs \[CLIP_SEARCH_SPACE_ARGS\]]:VALUE:' \
'--space-login-file=[file with user\:password for a Space that asks for a login of its own; or systemd credential \`space-login\` \[CLIP_SEARCH_SPACE_LOGIN_FILE\]]:VALUE:_files' \
'--timeout=[time limit for one search, 1s to 10m \[default\: 25s\] \[CLIP_SEARCH_TIMEOUT\]]:VALUE:' \
'--token-file=[file with the bearer token that clients must send; or systemd credential \`search-token\` \[CLIP_SEARCH_TOKEN_FILE\]]:VALUE:_files' \
'--workers=[searches at the same time, 1 to 512 \[default\: 32\] \[CLIP_SEARCH_WORKERS\]]:VALUE:' \
'--fast[stay with quick integers as long as vectors come roughly near exact ones]' \
'--exact[encode every picture exactly, even where quick integers come near]' \
'--rebuild[encode every picture again]' \
'--follow[follow links to files, from now on]' \
'--prune[remove pictures, too, whose folder or disk is not there]' \
'--even-if-empty[the same as --prune]' \
'--list-skipped[name every file that is not read, not only the first ones of each kind]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
'*::PLACE -- a folder, or a file that lists addresses; none\: every place added before:_files' \
&& ret=0
;;
(compact)
_arguments "${_arguments_options[@]}" : \
'--cache=[folder where smaller pictures are kept, at most 256 MiB; empty\: systemd'\''s CacheDirectory, else the user'\''s cache folder \[CLIP_SEARCH_CACHE\]]:VALUE:' \
'--cors=[pages of other servers that may read answers\: origins by comma, such as \`https\://photos.example\`, or \`*\` for all \[CLIP_SEARCH_CORS\]]:VALUE:' \
'--engine=[search engine\: \`clip\`, \`space\` or \`mock\`; empty\: \`space\` if CLIP_SEARCH_SPACE is set, else \`clip\` \[CLIP_SEARCH_ENGINE\]]:VALUE:(clip space mock space clip)' \
'--hf-token-file=[file with the Hugging Face token; or systemd credential \`hf-token\` \[CLIP_SEARCH_HF_TOKEN_FILE\]]:VALUE:_files' \
'--hub=[address of the hub, where Spaces are looked up and models are downloaded \[default\: https\://huggingface.co\] \[CLIP_SEARCH_HUB\]]:VALUE:' \
'--idle=[exit after this time without a request, for socket activation; empty\: never \[CLIP_SEARCH_IDLE\]]:VALUE:' \
'--index=[folder of the picture index; empty\: the built-in pictures \[CLIP_SEARCH_INDEX\]]:VALUE:_files -/' \
'--listen=[address and port to listen on; a socket passed by systemd takes precedence \[default\: 127.0.0.1\:8080\] \[CLIP_SEARCH_LISTEN\]]:VALUE:' \
'--log=[log level\: \`off\`, \`error\`, \`warn\`, \`info\`, \`debug\` or \`trace\` \[default\: info\] \[CLIP_SEARCH_LOG\]]:VALUE:(off error warn info debug trace)' \
'--min-score=[how similar a picture found by a text query must be\: \`strict\`, \`normal\`, \`loose\`, or the lowest cosine, -1 to 1; empty\: \`normal\` for the built-in model, else no limit \[CLIP_SEARCH_MIN_SCORE\]]:VALUE:(strict normal loose normal)' \
'--model=[file of the CLIP model, or the name of a known one, which is fetched once; empty\: the one that was named for the index, else the small built-in model, which knows drawings only \[CLIP_SEARCH_MODEL\]]:VALUE:_files' \
'--open=[whether anybody may search who reaches the address, where it is not loopback and no token is set\: \`yes\` or \`no\` \[default\: no\] \[CLIP_SEARCH_OPEN\]]::VALUE:(yes no)' \
'--page=[the page at \`/\` for people with a browser, \`on\` or \`off\`; empty\: \`on\` unless a token is set \[CLIP_SEARCH_PAGE\]]:VALUE:(on off on)' \
'--public-base=[base address of the pictures'\'' URLs; the path below the indexed folder, or a Space'\''s base name, is appended \[CLIP_SEARCH_PUBLIC_BASE\]]:VALUE:' \
'--public-url=[address by which others reach this endpoint, such as a proxy'\''s, with its path; addresses in answers start with it; empty\: the caller'\''s \`Host\` \[CLIP_SEARCH_PUBLIC_URL\]]:VALUE:' \
'--qdrant=[URL of a Qdrant collection that holds the index, in place of a folder \[CLIP_SEARCH_QDRANT\]]:VALUE:' \
'--qdrant-key-file=[file with the API key for Qdrant; or systemd credential \`qdrant-key\` \[CLIP_SEARCH_QDRANT_KEY_FILE\]]:VALUE:_files' \
'--quota-mb=[most megabytes of kept files in each collection of saved pictures \[default\: 2000\] \[CLIP_SEARCH_QUOTA_MB\]]:VALUE:' \
'--quota-pictures=[most pictures in each collection of saved pictures \[default\: 100000\] \[CLIP_SEARCH_QUOTA_PICTURES\]]:VALUE:_files -/' \
'--saved=[folder of the pictures that \`POST /pictures\` saves, which needs a token; empty\: none are saved \[CLIP_SEARCH_SAVED\]]:VALUE:' \
'--space=[Hugging Face Space to search with\: its address, that of its page on the hub, or user/name \[CLIP_SEARCH_SPACE\]]:VALUE:' \
'--space-api=[function of the Space, by name or number; empty\: the one that searches pictures \[CLIP_SEARCH_SPACE_API\]]:VALUE:' \
'--space-args=[arguments for the Space as JSON\: an array, or an object by parameter name; {query}, {limit}, {image} and {type} are filled in; empty\: by the kinds of its inputs \[CLIP_SEARCH_SPACE_ARGS\]]:VALUE:' \
'--space-login-file=[file with user\:password for a Space that asks for a login of its own; or systemd credential \`space-login\` \[CLIP_SEARCH_SPACE_LOGIN_FILE\]]:VALUE:_files' \
'--timeout=[time limit for one search, 1s to 10m \[default\: 25s\] \[CLIP_SEARCH_TIMEOUT\]]:VALUE:' \
'--token-file=[file with the bearer token that clients must send; or systemd credential \`search-token\` \[CLIP_SEARCH_TOKEN_FILE\]]:VALUE:_files' \
'--workers=[searches at the same time, 1 to 512 \[default\: 32\] \[CLIP_SEARCH_WORKERS\]]:VALUE:' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
&& ret=0
;;
(info)
_arguments "${_arguments_options[@]}" : \
'--cache=[folder where smaller pictures are kept, at most 256 MiB; empty\: systemd'\''s CacheDirectory, else the user'\''s cache folder \[CLIP_SEARCH_CACHE\]]:VALUE:' \
'--cors=[pages of other servers that may read answers\: origins by comma, such as \`https\://photos.example\`, or \`*\` for all \[CLIP_SEARCH_CORS\]]:VALUE:' \
'--engine=[search engine\: \`clip\`, \`space\` or \`mock\`; empty\: \`space\` if CLIP_SEARCH_SPACE is set, else \`clip\` \[CLIP_SEARCH_ENGINE\]]:VALUE:(clip space mock space clip)' \
'--hf-token-file=[file with the Hugging Face token; or systemd credential \`hf-token\` \[CLIP_SEARCH_HF_TOKEN_FILE\]]:VALUE:_files' \
'--hub=[address of the hub, where Spaces are looked up and models are downloaded \[default\: https\://huggingface.co\] \[CLIP_SEARCH_HUB\]]:VALUE:' \
'--idle=[exit after this time without a request, for socket activation; empty\: never \[CLIP_SEARCH_IDLE\]]:VALUE:' \
'--index=[folder of the picture index; empty\: the built-in pictures \[CLIP_SEARCH_INDEX\]]:VALUE:_files -/' \
'--listen=[address and port to listen on; a socket passed by systemd takes precedence \[default\: 127.0.0.1\:8080\] \[CLIP_SEARCH_LISTEN\]]:VALUE:' \
'--log=[log level\: \`off\`, \`error\`, \`warn\`, \`info\`, \`debug\` or \`trace\` \[default\: info\] \[CLIP_SEARCH_LOG\]]:VALUE:(off error warn info debug trace)' \
'--min-score=[how similar a picture found by a text query must be\: \`strict\`, \`normal\`, \`loose\`, or the lowest cosine, -1 to 1; empty\: \`normal\` for the built-in model, else no limit \[CLIP_SEARCH_MIN_SCORE\]]:VALUE:(strict normal loose normal)' \
'--model=[file of the CLIP model, or the name of a known one, which is fetched once; empty\: the one that was named for the index, else the small built-in model, which knows drawings only \[CLIP_SEARCH_MODEL\]]:VALUE:_files' \
'--open=[whether anybody may search who reaches the address, where it is not loopback and no token is set\: \`yes\` or \`no\` \[default\: no\] \[CLIP_SEARCH_OPEN\]]::VALUE:(yes no)' \
'--page=[the page at \`/\` for people with a browser, \`on\` or \`off\`; empty\: \`on\` unless a token is set \[CLIP_SEARCH_PAGE\]]:VALUE:(on off on)' \
'--public-base=[base address of the pictures'\'' URLs; the path below the indexed folder, or a Space'\''s base name, is appended \[CLIP_SEARCH_PUBLIC_BASE\]]:VALUE:' \
'--public-url=[address by which others reach this endpoint, such as a proxy'\''s, with its path; addresses in answers start with it; empty\: the caller'\''s \`Host\` \[CLIP_SEARCH_PUBLIC_URL\]]:VALUE:' \
'--qdrant=[URL of a Qdrant collection that holds the index, in place of a folder \[CLIP_SEARCH_QDRANT\]]:VALUE:' \
'--qdrant-key-file=[file with the API key for Qdrant; or systemd credential \`qdrant-key\` \[CLIP_SEARCH_QDRANT_KEY_FILE\]]:VALUE:_files' \
'--quota-mb=[most megabytes of kept files in each collection of saved pictures \[default\: 2000\] \[CLIP_SEARCH_QUOTA_MB\]]:VALUE:' \
'--quota-pictures=[most pictures in each collection of saved pictures \[default\: 100000\] \[CLIP_SEARCH_QUOTA_PICTURES\]]:VALUE:_files -/' \
'--saved=[folder of the pictures that \`POST /pictures\` saves, which needs a token; empty\: none are saved \[CLIP_SEARCH_SAVED\]]:VALUE:' \
'--space=[Hugging Face Space to search with\: its address, that of its page on the hub, or user/name \[CLIP_SEARCH_SPACE\]]:VALUE:' \
'--space-api=[function of the Space, by name or number; empty\: the one that searches pictures \[CLIP_SEARCH_SPACE_API\]]:VALUE:' \
'--space-args=[arguments for the Space as JSON\: an array, or an object by parameter name; {query}, {limit}, {image} and {type} are filled in; empty\: by the kinds of its inputs \[CLIP_SEARCH_SPACE_ARGS\]]:VALUE:' \
'--space-login-file=[file with user\:password for a Space that asks for a login of its own; or systemd credential \`space-login\` \[CLIP_SEARCH_SPACE_LOGIN_FILE\]]:VALUE:_files' \
'--timeout=[time limit for one search, 1s to 10m \[default\: 25s\] \[CLIP_SEARCH_TIMEOUT\]]:VALUE:' \
'--token-file=[file with the bearer token that clients must send; or systemd credential \`search-token\` \[CLIP_SEARCH_TOKEN_FILE\]]:VALUE:_files' \
'--workers=[searches at the same time, 1 to 512 \[default\: 32\] \[CLIP_SEARCH_WORKERS\]]:VALUE:' \
'--json[print JSON, for scripts]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
&& ret=0
;;
(push)
_arguments "${_arguments_options[@]}" : \
'--cache=[folder where smaller pictures are kept, at most 256 MiB; empty\: systemd'\''s CacheDirectory, else the user'\''s cache folder \[CLIP_SEARCH_CACHE\]]:VALUE:' \
'--cors=[pages of other servers that may read answers\: origins by comma, such as \`https\://photos.example\`, or \`*\` for all \[CLIP_SEARCH_CORS\]]:VALUE:' \
'--engine=[search engine\: \`clip\`, \`space\` or \`mock\`; empty\: \`space\` if CLIP_SEARCH_SPACE is set, else \`clip\` \[CLIP_SEARCH_ENGINE\]]:VALUE:(clip space mock space clip)' \
'--hf-token-file=[file with the Hugging Face token; or systemd credential \`hf-token\` \[CLIP_SEARCH_HF_TOKEN_FILE\]]:VALUE:_files' \
'--hub=[address of the hub, where Spaces are looked up and models are downloaded \[default\: https\://huggingface.co\] \[CLIP_SEARCH_HUB\]]:VALUE:' \
'--idle=[exit after this time without a request, for socket activation; empty\: never \[CLIP_SEARCH_IDLE\]]:VALUE:' \
'--index=[folder of the picture index; empty\: the built-in pictures \[CLIP_SEARCH_INDEX\]]:VALUE:_files -/' \
'--listen=[address and port to listen on; a socket passed by systemd takes precedence \[default\: 127.0.0.1\:8080\] \[CLIP_SEARCH_LISTEN\]]:VALUE:' \
'--log=[log level\: \`off\`, \`error\`, \`warn\`, \`info\`, \`debug\` or \`trace\` \[default\: info\] \[CLIP_SEARCH_LOG\]]:VALUE:(off error warn info debug trace)' \
'--min-score=[how similar a picture found by a text query must be\: \`strict\`, \`normal\`, \`loose\`, or the lowest cosine, -1 to 1; empty\: \`normal\` for the built-in model, else no limit \[CLIP_SEARCH_MIN_SCORE\]]:VALUE:(strict normal loose normal)' \
'--model=[file of the CLIP model, or the name of a known one, which is fetched once; empty\: the one that was named for the index, else the small built-in model, which knows drawings only \[CLIP_SEARCH_MODEL\]]:VALUE:_files' \
'--open=[whether anybody may search who reaches the address, where it is not loopback and no token is set\: \`yes\` or \`no\` \[default\: no\] \[CLIP_SEARCH_OPEN\]]::VALUE:(yes no)' \
'--page=[the page at \`/\` for people with a browser, \`on\` or \`off\`; empty\: \`on\` unless a token is set \[CLIP_SEARCH_PAGE\]]:VALUE:(on off on)' \
'--public-base=[base address of the pictures'\'' URLs; the path below the indexed folder, or a Space'\''s base name, is appended \[CLIP_SEARCH_PUBLIC_BASE\]]:VALUE:' \
'--public-url=[address by which others reach this endpoint, such as a proxy'\''s, with its path; addresses in answers start with it; empty\: the caller'\''s \`Host\` \[CLIP_SEARCH_PUBLIC_URL\]]:VALUE:' \
'--qdrant=[URL of a Qdrant collection that holds the index, in place of a folder \[CLIP_SEARCH_QDRANT\]]:VALUE:' \
'--qdrant-key-file=[file with the API key for Qdrant; or systemd credential \`qdrant-key\` \[CLIP_SEARCH_QDRANT_KEY_FILE\]]:VALUE:_files' \
'--quota-mb=[most megabytes of kept files in each collection of saved pictures \[default\: 2000\] \[CLIP_SEARCH_QUOTA_MB\]]:VALUE:' \
'--quota-pictures=[most pictures in each collection of saved pictures \[default\: 100000\] \[CLIP_SEARCH_QUOTA_PICTURES\]]:VALUE:_files -/' \
'--saved=[folder of the pictures that \`POST /pictures\` saves, which needs a token; empty\: none are saved \[CLIP_SEARCH_SAVED\]]:VALUE:' \
'--space=[Hugging Face Space to search with\: its address, that of its page on the hub, or user/name \[CLIP_SEARCH_SPACE\]]:VALUE:' \
'--space-api=[function of the Space, by name or number; empty\: the one that searches pictures \[CLIP_SEARCH_SPACE_API\]]:VALUE:' \
'--space-args=[arguments for the Space as JSON\: an array, or an object by parameter name; {query}, {limit}, {image} and {type} are filled in; empty\: by the kinds of its inputs \[CLIP_SEARCH_SPACE_ARGS\]]:VALUE:' \
'--space-login-file=[file with user\:password for a Space that asks for a login of its own; or systemd credential \`space-login\` \[CLIP_SEARCH_SPACE_LOGIN_FILE\]]:VALUE:_files' \
'--timeout=[time limit for one search, 1s to 10m \[default\: 25s\] \[CLIP_SEARCH_TIMEOUT\]]:VALUE:' \
'--token-file=[file with the bearer token that clients must send; or systemd credential \`search-token\` \[CLIP_SEARCH_TOKEN_FILE\]]:VALUE:_files' \
'--workers=[searches at the same time, 1 to 512 \[default\: 32\] \[CLIP_SEARCH_WORKERS\]]:VALUE:' \
'--yes[remove without asking what is in the collection and not in the index]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
'::URL -- the collection; empty\: that of CLIP_SEARCH_QDRANT:_urls' \
&& ret=0
;;
(remove)
_arguments "${_arguments_options[@]}" : \
'--cache=[folder where smaller pictures are kept, at most 256 MiB; empty\: systemd'\''s CacheDirectory, else the user'\''s cache folder \[CLIP_SEARCH_CACHE\]]:VALUE:' \
'--cors=[pages of other servers that may read answers\: origins by comma, such as \`https\://photos.example\`, or \`*\` for all \[CLIP_SEARCH_CORS\]]:VALUE:' \
'--engine=[search engine\: \`clip\`, \`space\` or \`mock\`; empty\: \`space\` if CLIP_SEARCH_SPACE is set, else \`clip\` \[CLIP_SEARCH_ENGINE\]]:VALUE:(clip space mock space clip)' \
'--hf-token-file=[file with the Hugging Face token; or systemd credential \`hf-token\` \[CLIP_SEARCH_HF_TOKEN_FILE\]]:VALUE:_files' \
'--hub=[address of the hub, where Spaces are looked up and models are downloaded \[default\: https\://huggingface.co\] \[CLIP_SEARCH_HUB\]]:VALUE:' \
'--idle=[exit after this time without a request, for socket activation; empty\: never \[CLIP_SEARCH_IDLE\]]:VALUE:' \
'--index=[folder of the picture index; empty\: the built-in pictures \[CLIP_SEARCH_INDEX\]]:VALUE:_files -/' \
'--listen=[address and port to listen on; a socket passed by systemd takes precedence \[default\: 127.0.0.1\:8080\] \[CLIP_SEARCH_LISTEN\]]:VALUE:' \
'--log=[log level\: \`off\`, \`error\`, \`warn\`, \`info\`, \`debug\` or \`trace\` \[default\: info\] \[CLIP_SEARCH_LOG\]]:VALUE:(off error warn info debug trace)' \
'--min-score=[how similar a picture found by a text query must be\: \`strict\`, \`normal\`, \`loose\`, or the lowest cosine, -1 to 1; empty\: \`normal\` for the built-in model, else no limit \[CLIP_SEARCH_MIN_SCORE\]]:VALUE:(strict normal loose normal)' \
'--model=[file of the CLIP model, or the name of a known one, which is fetched once; empty\: the one that was named for the index, else the small built-in model, which knows drawings only \[CLIP_SEARCH_MODEL\]]:VALUE:_files' \
'--open=[whether anybody may search who reaches the address, where it is not loopback and no token is set\: \`yes\` or \`no\` \[default\: no\] \[CLIP_SEARCH_OPEN\]]::VALUE:(yes no)' \
'--page=[the page at \`/\` for people with a browser, \`on\` or \`off\`; empty\: \`on\` unless a token is set \[CLIP_SEARCH_PAGE\]]:VALUE:(on off on)' \
'--public-base=[base address of the pictures'\'' URLs; the path below the indexed folder, or a Space'\''s base name, is appended \[CLIP_SEARCH_PUBLIC_BASE\]]:VALUE:' \
'--public-url=[address by which others reach this endpoint, such as a proxy'\''s, with its path; addresses in answers start with it; empty\: the caller'\''s \`Host\` \[CLIP_SEARCH_PUBLIC_URL\]]:VALUE:' \
'--qdrant=[URL of a Qdrant collection that holds the index, in place of a folder \[CLIP_SEARCH_QDRANT\]]:VALUE:' \
'--qdrant-key-file=[file with the API key for Qdrant; or systemd credential \`qdrant-key\` \[CLIP_SEARCH_QDRANT_KEY_FILE\]]:VALUE:_files' \
'--quota-mb=[most megabytes of kept files in each collection of saved pictures \[default\: 2000\] \[CLIP_SEARCH_QUOTA_MB\]]:VALUE:' \
'--quota-pictures=[most pictures in each collection of saved pictures \[default\: 100000\] \[CLIP_SEARCH_QUOTA_PICTURES\]]:VALUE:_files -/' \
'--saved=[folder of the pictures that \`POST /pictures\` saves, which needs a token; empty\: none are saved \[CLIP_SEARCH_SAVED\]]:VALUE:' \
'--space=[Hugging Face Space to search with\: its address, that of its page on the hub, or user/name \[CLIP_SEARCH_SPACE\]]:VALUE:' \
'--space-api=[function of the Space, by name or number; empty\: the one that searches pictures \[CLIP_SEARCH_SPACE_API\]]:VALUE:' \
'--space-args=[arguments for the Space as JSON\: an array, or an object by parameter name; {query}, {limit}, {image} and {type} are filled in; empty\: by the kinds of its inputs \[CLIP_SEARCH_SPACE_ARGS\]]:VALUE:' \
'--space-login-file=[file with user\:password for a Space that asks for a login of its own; or systemd credential \`space-login\` \[CLIP_SEARCH_SPACE_LOGIN_FILE\]]:VALUE:_files' \
'--timeout=[time limit for one search, 1s to 10m \[default\: 25s\] \[CLIP_SEARCH_TIMEOUT\]]:VALUE:' \
'--token-file=[file with the bearer token that clients must send; or systemd credential \`search-token\` \[CLIP_SEARCH_TOKEN_FILE\]]:VALUE:_files' \
'--workers=[searches at the same time, 1 to 512 \[default\: 32\] \[CLIP_SEARCH_WORKERS\]]:VALUE:' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
':PLACE -- a folder, a list, a picture, an address, or a pattern:_files' \
&& ret=0
;;
(verify)
_arguments "${_arguments_options[@]}" : \
'--cache=[folder where smaller pictures are kept, at most 256 MiB; empty\: systemd'\''s CacheDirectory, else the user'\''s cache folder \[CLIP_SEARCH_CACHE\]]:VALUE:' \
'--cors=[pages of other servers that may read answers\: origins by comma, such as \`https\://photos.example\`, or \`*\` for all \[CLIP_SEARCH_CORS\]]:VALUE:' \
'--engine=[search engine\: \`clip\`, \`space\` or \`mock\`; empty\: \`space\` if CLIP_SEARCH_SPACE is set, else \`clip\` \[CLIP_SEARCH_ENGINE\]]:VALUE:(clip space mock space clip)' \
'--hf-token-file=[file with the Hugging Face token; or systemd credential \`hf-token\` \[CLIP_SEARCH_HF_TOKEN_FILE\]]:VALUE:_files' \
'--hub=[address of the hub, where Spaces are looked up and models are downloaded \[default\: https\://huggingface.co\] \[CLIP_SEARCH_HUB\]]:VALUE:' \
'--idle=[exit after this time without a request, for socket activation; empty\: never \[CLIP_SEARCH_IDLE\]]:VALUE:' \
'--index=[folder of the picture index; empty\: the built-in pictures \[CLIP_SEARCH_INDEX\]]:VALUE:_files -/' \
'--listen=[address and port to listen on; a socket passed by systemd takes precedence \[default\: 127.0.0.1\:8080\] \[CLIP_SEARCH_LISTEN\]]:VALUE:' \
'--log=[log level\: \`off\`, \`error\`, \`warn\`, \`info\`, \`debug\` or \`trace\` \[default\: info\] \[CLIP_SEARCH_LOG\]]:VALUE:(off error warn info debug trace)' \
'--min-score=[how similar a picture found by a text query must be\: \`strict\`, \`normal\`, \`loose\`, or the lowest cosine, -1 to 1; empty\: \`normal\` for the built-in model, else no limit \[CLIP_SEARCH_MIN_SCORE\]]:VALUE:(strict normal loose normal)' \
'--model=[file of the CLIP model, or the name of a known one, which is fetched once; empty\: the one that was named for the index, else the small built-in model, which knows drawings only \[CLIP_SEARCH_MODEL\]]:VALUE:_files' \
'--open=[whether anybody may search who reaches the address, where it is not loopback and no token is set\: \`yes\` or \`no\` \[default\: no\] \[CLIP_SEARCH_OPEN\]]::VALUE:(yes no)' \
'--page=[the page at \`/\` for people with a browser, \`on\` or \`off\`; empty\: \`on\` unless a token is set \[CLIP_SEARCH_PAGE\]]:VALUE:(on off on)' \
'--public-base=[base address of the pictures'\'' URLs; the path below the indexed folder, or a Space'\''s base name, is appended \[CLIP_SEARCH_PUBLIC_BASE\]]:VALUE:' \
'--public-url=[address by which others reach this endpoint, such as a proxy'\''s, with its path; addresses in answers start with it; empty\: the caller'\''s \`Host\` \[CLIP_SEARCH_PUBLIC_URL\]]:VALUE:' \
'--qdrant=[URL of a Qdrant collection that holds the index, in place of a folder \[CLIP_SEARCH_QDRANT\]]:VALUE:' \
'--qdrant-key-file=[file with the API key for Qdrant; or systemd credential \`qdrant-key\` \[CLIP_SEARCH_QDRANT_KEY_FILE\]]:VALUE:_files' \
'--quota-mb=[most megabytes of kept files in each collection of saved pictures \[default\: 2000\] \[CLIP_SEARCH_QUOTA_MB\]]:VALUE:' \
'--quota-pictures=[most pictures in each collection of saved pictures \[default\: 100000\] \[CLIP_SEARCH_QUOTA_PICTURES\]]:VALUE:_files -/' \
'--saved=[folder of the pictures that \`POST /pictures\` saves, which needs a token; empty\: none are saved \[CLIP_SEARCH_SAVED\]]:VALUE:' \
'--space=[Hugging Face Space to search with\: its address, that of its page on the hub, or user/name \[CLIP_SEARCH_SPACE\]]:VALUE:' \
'--space-api=[function of the Space, by name or number; empty\: the one that searches pictures \[CLIP_SEARCH_SPACE_API\]]:VALUE:' \
'--space-args=[arguments for the Space as JSON\: an array, or an object by parameter name; {query}, {limit}, {image} and {type} are filled in; empty\: by the kinds of its inputs \[CLIP_SEARCH_SPACE_ARGS\]]:VALUE:' \
'--space-login-file=[file with user\:password for a Space that asks for a login of its own; or systemd credential \`space-login\` \[CLIP_SEARCH_SPACE_LOGIN_FILE\]]:VALUE:_files' \
'--timeout=[time limit for one search, 1s to 10m \[default\: 25s\] \[CLIP_SEARCH_TIMEOUT\]]:VALUE:' \
'--token-file=[file with the bearer token that clients must send; or systemd credential \`search-token\` \[CLIP_SEARCH_TOKEN_FILE\]]:VALUE:_files' \
'--workers=[searches at the same time, 1 to 512 \[default\: 32\] \[CLIP_SEARCH_WORKERS\]]:VALUE:' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
&& ret=0
;;
(help)
_arguments "${_arguments_options[@]}" : \
":: :_clip-search__subcmd__index__subcmd__help_commands" \
"*::: :->help" \
&& ret=0

    case $state in
    (help)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:clip-search-index-help-command-$line[1]:"
        case $line[1] in
            (add)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(compact)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(info)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(push)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(remove)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(verify)
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
;;
(model)
_arguments "${_arguments_options[@]}" : \
'--cache=[folder where smaller pictures are kept, at most 256 MiB; empty\: systemd'\''s CacheDirectory, else the user'\''s cache folder \[CLIP_SEARCH_CACHE\]]:VALUE:' \
'--cors=[pages of other servers that may read answers\: origins by comma, such as \`https\://photos.example\`, or \`*\` for all \[CLIP_SEARCH_CORS\]]:VALUE:' \
'--engine=[search engine\: \`clip\`, \`space\` or \`mock\`; empty\: \`space\` if CLIP_SEARCH_SPACE is set, else \`clip\` \[CLIP_SEARCH_ENGINE\]]:VALUE:(clip space mock space clip)' \
'--hf-token-file=[file with the Hugging Face token; or systemd credential \`hf-token\` \[CLIP_SEARCH_HF_TOKEN_FILE\]]:VALUE:_files' \
'--hub=[address of the hub, where Spaces are looked up and models are downloaded \[default\: https\://huggingface.co\] \[CLIP_SEARCH_HUB\]]:VALUE:' \
'--idle=[exit after this time without a request, for socket activation; empty\: never \[CLIP_SEARCH_IDLE\]]:VALUE:' \
'--index=[folder of the picture index; empty\: the built-in pictures \[CLIP_SEARCH_INDEX\]]:VALUE:_files -/' \
'--listen=[address and port to listen on; a socket passed by systemd takes precedence \[default\: 127.0.0.1\:8080\] \[CLIP_SEARCH_LISTEN\]]:VALUE:' \
'--log=[log level\: \`off\`, \`error\`, \`warn\`, \`info\`, \`debug\` or \`trace\` \[default\: info\] \[CLIP_SEARCH_LOG\]]:VALUE:(off error warn info debug trace)' \
'--min-score=[how similar a picture found by a text query must be\: \`strict\`, \`normal\`, \`loose\`, or the lowest cosine, -1 to 1; empty\: \`normal\` for the built-in model, else no limit \[CLIP_SEARCH_MIN_SCORE\]]:VALUE:(strict normal loose normal)' \
'--model=[file of the CLIP model, or the name of a known one, which is fetched once; empty\: the one that was named for the index, else the small built-in model, which knows drawings only \[CLIP_SEARCH_MODEL\]]:VALUE:_files' \
'--open=[whether anybody may search who reaches the address, where it is not loopback and no token is set\: \`yes\` or \`no\` \[default\: no\] \[CLIP_SEARCH_OPEN\]]::VALUE:(yes no)' \
'--page=[the page at \`/\` for people with a browser, \`on\` or \`off\`; empty\: \`on\` unless a token is set \[CLIP_SEARCH_PAGE\]]:VALUE:(on off on)' \
'--public-base=[base address of the pictures'\'' URLs; the path below the indexed folder, or a Space'\''s base name, is appended \[CLIP_SEARCH_PUBLIC_BASE\]]:VALUE:' \
'--public-url=[address by which others reach this endpoint, such as a proxy'\''s, with its path; addresses in answers start with it; empty\: the caller'\''s \`Host\` \[CLIP_SEARCH_PUBLIC_URL\]]:VALUE:' \
'--qdrant=[URL of a Qdrant collection that holds the index, in place of a folder \[CLIP_SEARCH_QDRANT\]]:VALUE:' \
'--qdrant-key-file=[file with the API key for Qdrant; or systemd credential \`qdrant-key\` \[CLIP_SEARCH_QDRANT_KEY_FILE\]]:VALUE:_files' \
'--quota-mb=[most megabytes of kept files in each collection of saved pictures \[default\: 2000\] \[CLIP_SEARCH_QUOTA_MB\]]:VALUE:' \
'--quota-pictures=[most pictures in each collection of saved pictures \[default\: 100000\] \[CLIP_SEARCH_QUOTA_PICTURES\]]:VALUE:_files -/' \
'--saved=[folder of the pictures that \`POST /pictures\` saves, which needs a token; empty\: none are saved \[CLIP_SEARCH_SAVED\]]:VALUE:' \
'--space=[Hugging Face Space to search with\: its address, that of its page on the hub, or user/name \[CLIP_SEARCH_SPACE\]]:VALUE:' \
'--space-api=[function of the Space, by name or number; empty\: the one that searches pictures \[CLIP_SEARCH_SPACE_API\]]:VALUE:' \
'--space-args=[arguments for the Space as JSON\: an array, or an object by parameter name; {query}, {limit}, {image} and {type} are filled in; empty\: by the kinds of its inputs \[CLIP_SEARCH_SPACE_ARGS\]]:VALUE:' \
'--space-login-file=[file with user\:password for a Space that asks for a login of its own; or systemd credential \`space-login\` \[CLIP_SEARCH_SPACE_LOGIN_FILE\]]:VALUE:_files' \
'--timeout=[time limit for one search, 1s to 10m \[default\: 25s\] \[CLIP_SEARCH_TIMEOUT\]]:VALUE:' \
'--token-file=[file with the bearer token that clients must send; or systemd credential \`search-token\` \[CLIP_SEARCH_TOKEN_FILE\]]:VALUE:_files' \
'--workers=[searches at the same time, 1 to 512 \[default\: 32\] \[CLIP_SEARCH_WORKERS\]]:VALUE:' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
":: :_clip-search__subcmd__model_commands" \
"*::: :->model" \
&& ret=0

    case $state in
    (model)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:clip-search-model-command-$line[1]:"
        case $line[1] in
            (list)
_arguments "${_arguments_options[@]}" : \
'--cache=[folder where smaller pictures are kept, at most 256 MiB; empty\: systemd'\''s CacheDirectory, else the user'\''s cache folder \[CLIP_SEARCH_CACHE\]]:VALUE:' \
'--cors=[pages of other servers that may read answers\: origins by comma, such as \`https\://photos.example\`, or \`*\` for all \[CLIP_SEARCH_CORS\]]:VALUE:' \
'--engine=[search engine\: \`clip\`, \`space\` or \`mock\`; empty\: \`space\` if CLIP_SEARCH_SPACE is set, else \`clip\` \[CLIP_SEARCH_ENGINE\]]:VALUE:(clip space mock space clip)' \
'--hf-token-file=[file with the Hugging Face token; or systemd credential \`hf-token\` \[CLIP_SEARCH_HF_TOKEN_FILE\]]:VALUE:_files' \
'--hub=[address of the hub, where Spaces are looked up and models are downloaded \[default\: https\://huggingface.co\] \[CLIP_SEARCH_HUB\]]:VALUE:' \
'--idle=[exit after this time without a request, for socket activation; empty\: never \[CLIP_SEARCH_IDLE\]]:VALUE:' \
'--index=[folder of the picture index; empty\: the built-in pictures \[CLIP_SEARCH_INDEX\]]:VALUE:_files -/' \
'--listen=[address and port to listen on; a socket passed by systemd takes precedence \[default\: 127.0.0.1\:8080\] \[CLIP_SEARCH_LISTEN\]]:VALUE:' \
'--log=[log level\: \`off\`, \`error\`, \`warn\`, \`info\`, \`debug\` or \`trace\` \[default\: info\] \[CLIP_SEARCH_LOG\]]:VALUE:(off error warn info debug trace)' \
'--min-score=[how similar a picture found by a text query must be\: \`strict\`, \`normal\`, \`loose\`, or the lowest cosine, -1 to 1; empty\: \`normal\` for the built-in model, else no limit \[CLIP_SEARCH_MIN_SCORE\]]:VALUE:(strict normal loose normal)' \
'--model=[file of the CLIP model, or the name of a known one, which is fetched once; empty\: the one that was named for the index, else the small built-in model, which knows drawings only \[CLIP_SEARCH_MODEL\]]:VALUE:_files' \
'--open=[whether anybody may search who reaches the address, where it is not loopback and no token is set\: \`yes\` or \`no\` \[default\: no\] \[CLIP_SEARCH_OPEN\]]::VALUE:(yes no)' \
'--page=[the page at \`/\` for people with a browser, \`on\` or \`off\`; empty\: \`on\` unless a token is set \[CLIP_SEARCH_PAGE\]]:VALUE:(on off on)' \
'--public-base=[base address of the pictures'\'' URLs; the path below the indexed folder, or a Space'\''s base name, is appended \[CLIP_SEARCH_PUBLIC_BASE\]]:VALUE:' \
'--public-url=[address by which others reach this endpoint, such as a proxy'\''s, with its path; addresses in answers start with it; empty\: the caller'\''s \`Host\` \[CLIP_SEARCH_PUBLIC_URL\]]:VALUE:' \
'--qdrant=[URL of a Qdrant collection that holds the index, in place of a folder \[CLIP_SEARCH_QDRANT\]]:VALUE:' \
'--qdrant-key-file=[file with the API key for Qdrant; or systemd credential \`qdrant-key\` \[CLIP_SEARCH_QDRANT_KEY_FILE\]]:VALUE:_files' \
'--quota-mb=[most megabytes of kept files in each collection of saved pictures \[default\: 2000\] \[CLIP_SEARCH_QUOTA_MB\]]:VALUE:' \
'--quota-pictures=[most pictures in each collection of saved pictures \[default\: 100000\] \[CLIP_SEARCH_QUOTA_PICTURES\]]:VALUE:_files -/' \
'--saved=[folder of the pictures that \`POST /pictures\` saves, which needs a token; empty\: none are saved \[CLIP_SEARCH_SAVED\]]:VALUE:' \
'--space=[Hugging Face Space to search with\: its address, that of its page on the hub, or user/name \[CLIP_SEARCH_SPACE\]]:VALUE:' \
'--space-api=[function of the Space, by name or number; empty\: the one that searches pictures \[CLIP_SEARCH_SPACE_API\]]:VALUE:' \
'--space-args=[arguments for the Space as JSON\: an array, or an object by parameter name; {query}, {limit}, {image} and {type} are filled in; empty\: by the kinds of its inputs \[CLIP_SEARCH_SPACE_ARGS\]]:VALUE:' \
'--space-login-file=[file with user\:password for a Space that asks for a login of its own; or systemd credential \`space-login\` \[CLIP_SEARCH_SPACE_LOGIN_FILE\]]:VALUE:_files' \
'--timeout=[time limit for one search, 1s to 10m \[default\: 25s\] \[CLIP_SEARCH_TIMEOUT\]]:VALUE:' \
'--token-file=[file with the bearer token that clients must send; or systemd credential \`search-token\` \[CLIP_SEARCH_TOKEN_FILE\]]:VALUE:_files' \
'--workers=[searches at the same time, 1 to 512 \[default\: 32\] \[CLIP_SEARCH_WORKERS\]]:VALUE:' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
&& ret=0
;;
(fetch)
_arguments "${_arguments_options[@]}" : \
'--cache=[folder where smaller pictures are kept, at most 256 MiB; empty\: systemd'\''s CacheDirectory, else the user'\''s cache folder \[CLIP_SEARCH_CACHE\]]:VALUE:' \
'--cors=[pages of other servers that may read answers\: origins by comma, such as \`https\://photos.example\`, or \`*\` for all \[CLIP_SEARCH_CORS\]]:VALUE:' \
'--engine=[search engine\: \`clip\`, \`space\` or \`mock\`; empty\: \`space\` if CLIP_SEARCH_SPACE is set, else \`clip\` \[CLIP_SEARCH_ENGINE\]]:VALUE:(clip space mock space clip)' \
'--hf-token-file=[file with the Hugging Face token; or systemd credential \`hf-token\` \[CLIP_SEARCH_HF_TOKEN_FILE\]]:VALUE:_files' \
'--hub=[address of the hub, where Spaces are looked up and models are downloaded \[default\: https\://huggingface.co\] \[CLIP_SEARCH_HUB\]]:VALUE:' \
'--idle=[exit after this time without a request, for socket activation; empty\: never \[CLIP_SEARCH_IDLE\]]:VALUE:' \
'--index=[folder of the picture index; empty\: the built-in pictures \[CLIP_SEARCH_INDEX\]]:VALUE:_files -/' \
'--listen=[address and port to listen on; a socket passed by systemd takes precedence \[default\: 127.0.0.1\:8080\] \[CLIP_SEARCH_LISTEN\]]:VALUE:' \
'--log=[log level\: \`off\`, \`error\`, \`warn\`, \`info\`, \`debug\` or \`trace\` \[default\: info\] \[CLIP_SEARCH_LOG\]]:VALUE:(off error warn info debug trace)' \
'--min-score=[how similar a picture found by a text query must be\: \`strict\`, \`normal\`, \`loose\`, or the lowest cosine, -1 to 1; empty\: \`normal\` for the built-in model, else no limit \[CLIP_SEARCH_MIN_SCORE\]]:VALUE:(strict normal loose normal)' \
'--model=[file of the CLIP model, or the name of a known one, which is fetched once; empty\: the one that was named for the index, else the small built-in model, which knows drawings only \[CLIP_SEARCH_MODEL\]]:VALUE:_files' \
'--open=[whether anybody may search who reaches the address, where it is not loopback and no token is set\: \`yes\` or \`no\` \[default\: no\] \[CLIP_SEARCH_OPEN\]]::VALUE:(yes no)' \
'--page=[the page at \`/\` for people with a browser, \`on\` or \`off\`; empty\: \`on\` unless a token is set \[CLIP_SEARCH_PAGE\]]:VALUE:(on off on)' \
'--public-base=[base address of the pictures'\'' URLs; the path below the indexed folder, or a Space'\''s base name, is appended \[CLIP_SEARCH_PUBLIC_BASE\]]:VALUE:' \
'--public-url=[address by which others reach this endpoint, such as a proxy'\''s, with its path; addresses in answers start with it; empty\: the caller'\''s \`Host\` \[CLIP_SEARCH_PUBLIC_URL\]]:VALUE:' \
'--qdrant=[URL of a Qdrant collection that holds the index, in place of a folder \[CLIP_SEARCH_QDRANT\]]:VALUE:' \
'--qdrant-key-file=[file with the API key for Qdrant; or systemd credential \`qdrant-key\` \[CLIP_SEARCH_QDRANT_KEY_FILE\]]:VALUE:_files' \
'--quota-mb=[most megabytes of kept files in each collection of saved pictures \[default\: 2000\] \[CLIP_SEARCH_QUOTA_MB\]]:VALUE:' \
'--quota-pictures=[most pictures in each collection of saved pictures \[default\: 100000\] \[CLIP_SEARCH_QUOTA_PICTURES\]]:VALUE:_files -/' \
'--saved=[folder of the pictures that \`POST /pictures\` saves, which needs a token; empty\: none are saved \[CLIP_SEARCH_SAVED\]]:VALUE:' \
'--space=[Hugging Face Space to search with\: its address, that of its page on the hub, or user/name \[CLIP_SEARCH_SPACE\]]:VALUE:' \
'--space-api=[function of the Space, by name or number; empty\: the one that searches pictures \[CLIP_SEARCH_SPACE_API\]]:VALUE:' \
'--space-args=[arguments for the Space as JSON\: an array, or an object by parameter name; {query}, {limit}, {image} and {type} are filled in; empty\: by the kinds of its inputs \[CLIP_SEARCH_SPACE_ARGS\]]:VALUE:' \
'--space-login-file=[file with user\:password for a Space that asks for a login of its own; or systemd credential \`space-login\` \[CLIP_SEARCH_SPACE_LOGIN_FILE\]]:VALUE:_files' \
'--timeout=[time limit for one search, 1s to 10m \[default\: 25s\] \[CLIP_SEARCH_TIMEOUT\]]:VALUE:' \
'--token-file=[file with the bearer token that clients must send; or systemd credential \`search-token\` \[CLIP_SEARCH_TOKEN_FILE\]]:VALUE:_files' \
'--workers=[searches at the same time, 1 to 512 \[default\: 32\] \[CLIP_SEARCH_WORKERS\]]:VALUE:' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
':NAME -- one of `model list`:' \
'::FOLDER -- where to put it; empty\: the current folder:_files -/' \
&& ret=0
;;
(convert)
_arguments "${_arguments_options[@]}" : \
'--cache=[folder where smaller pictures are kept, at most 256 MiB; empty\: systemd'\''s CacheDirectory, else the user'\''s cache folder \[CLIP_SEARCH_CACHE\]]:VALUE:' \
'--cors=[pages of other servers that may read answers\: origins by comma, such as \`https\://photos.example\`, or \`*\` for all \[CLIP_SEARCH_CORS\]]:VALUE:' \
'--engine=[search engine\: \`clip\`, \`space\` or \`mock\`; empty\: \`space\` if CLIP_SEARCH_SPACE is set, else \`clip\` \[CLIP_SEARCH_ENGINE\]]:VALUE:(clip space mock space clip)' \
'--hf-token-file=[file with the Hugging Face token; or systemd credential \`hf-token\` \[CLIP_SEARCH_HF_TOKEN_FILE\]]:VALUE:_files' \
'--hub=[address of the hub, where Spaces are looked up and models are downloaded \[default\: https\://huggingface.co\] \[CLIP_SEARCH_HUB\]]:VALUE:' \
'--idle=[exit after this time without a request, for socket activation; empty\: never \[CLIP_SEARCH_IDLE\]]:VALUE:' \
'--index=[folder of the picture index; empty\: the built-in pictures \[CLIP_SEARCH_INDEX\]]:VALUE:_files -/' \
'--listen=[address and port to listen on; a socket passed by systemd takes precedence \[default\: 127.0.0.1\:8080\] \[CLIP_SEARCH_LISTEN\]]:VALUE:' \
'--log=[log level\: \`off\`, \`error\`, \`warn\`, \`info\`, \`debug\` or \`trace\` \[default\: info\] \[CLIP_SEARCH_LOG\]]:VALUE:(off error warn info debug trace)' \
'--min-score=[how similar a picture found by a text query must be\: \`strict\`, \`normal\`, \`loose\`, or the lowest cosine, -1 to 1; empty\: \`normal\` for the built-in model, else no limit \[CLIP_SEARCH_MIN_SCORE\]]:VALUE:(strict normal loose normal)' \
'--model=[file of the CLIP model, or the name of a known one, which is fetched once; empty\: the one that was named for the index, else the small built-in model, which knows drawings only \[CLIP_SEARCH_MODEL\]]:VALUE:_files' \
'--open=[whether anybody may search who reaches the address, where it is not loopback and no token is set\: \`yes\` or \`no\` \[default\: no\] \[CLIP_SEARCH_OPEN\]]::VALUE:(yes no)' \
'--page=[the page at \`/\` for people with a browser, \`on\` or \`off\`; empty\: \`on\` unless a token is set \[CLIP_SEARCH_PAGE\]]:VALUE:(on off on)' \
'--public-base=[base address of the pictures'\'' URLs; the path below the indexed folder, or a Space'\''s base name, is appended \[CLIP_SEARCH_PUBLIC_BASE\]]:VALUE:' \
'--public-url=[address by which others reach this endpoint, such as a proxy'\''s, with its path; addresses in answers start with it; empty\: the caller'\''s \`Host\` \[CLIP_SEARCH_PUBLIC_URL\]]:VALUE:' \
'--qdrant=[URL of a Qdrant collection that holds the index, in place of a folder \[CLIP_SEARCH_QDRANT\]]:VALUE:' \
'--qdrant-key-file=[file with the API key for Qdrant; or systemd credential \`qdrant-key\` \[CLIP_SEARCH_QDRANT_KEY_FILE\]]:VALUE:_files' \
'--quota-mb=[most megabytes of kept files in each collection of saved pictures \[default\: 2000\] \[CLIP_SEARCH_QUOTA_MB\]]:VALUE:' \
'--quota-pictures=[most pictures in each collection of saved pictures \[default\: 100000\] \[CLIP_SEARCH_QUOTA_PICTURES\]]:VALUE:_files -/' \
'--saved=[folder of the pictures that \`POST /pictures\` saves, which needs a token; empty\: none are saved \[CLIP_SEARCH_SAVED\]]:VALUE:' \
'--space=[Hugging Face Space to search with\: its address, that of its page on the hub, or user/name \[CLIP_SEARCH_SPACE\]]:VALUE:' \
'--space-api=[function of the Space, by name or number; empty\: the one that searches pictures \[CLIP_SEARCH_SPACE_API\]]:VALUE:' \
'--space-args=[arguments for the Space as JSON\: an array, or an object by parameter name; {query}, {limit}, {image} and {type} are filled in; empty\: by the kinds of its inputs \[CLIP_SEARCH_SPACE_ARGS\]]:VALUE:' \
'--space-login-file=[file with user\:password for a Space that asks for a login of its own; or systemd credential \`space-login\` \[CLIP_SEARCH_SPACE_LOGIN_FILE\]]:VALUE:_files' \
'--timeout=[time limit for one search, 1s to 10m \[default\: 25s\] \[CLIP_SEARCH_TIMEOUT\]]:VALUE:' \
'--token-file=[file with the bearer token that clients must send; or systemd credential \`search-token\` \[CLIP_SEARCH_TOKEN_FILE\]]:VALUE:_files' \
'--workers=[searches at the same time, 1 to 512 \[default\: 32\] \[CLIP_SEARCH_WORKERS\]]:VALUE:' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
':CHECKPOINT -- model.safetensors, or the folder that holds it:_files' \
':FILE -- the model file to write:_files' \
'::PRECISION -- of the weights\: i8 (default), f16 or f32:' \
&& ret=0
;;
(info)
_arguments "${_arguments_options[@]}" : \
'--cache=[folder where smaller pictures are kept, at most 256 MiB; empty\: systemd'\''s CacheDirectory, else the user'\''s cache folder \[CLIP_SEARCH_CACHE\]]:VALUE:' \
'--cors=[pages of other servers that may read answers\: origins by comma, such as \`https\://photos.example\`, or \`*\` for all \[CLIP_SEARCH_CORS\]]:VALUE:' \
'--engine=[search engine\: \`clip\`, \`space\` or \`mock\`; empty\: \`space\` if CLIP_SEARCH_SPACE is set, else \`clip\` \[CLIP_SEARCH_ENGINE\]]:VALUE:(clip space mock space clip)' \
'--hf-token-file=[file with the Hugging Face token; or systemd credential \`hf-token\` \[CLIP_SEARCH_HF_TOKEN_FILE\]]:VALUE:_files' \
'--hub=[address of the hub, where Spaces are looked up and models are downloaded \[default\: https\://huggingface.co\] \[CLIP_SEARCH_HUB\]]:VALUE:' \
'--idle=[exit after this time without a request, for socket activation; empty\: never \[CLIP_SEARCH_IDLE\]]:VALUE:' \
'--index=[folder of the picture index; empty\: the built-in pictures \[CLIP_SEARCH_INDEX\]]:VALUE:_files -/' \
'--listen=[address and port to listen on; a socket passed by systemd takes precedence \[default\: 127.0.0.1\:8080\] \[CLIP_SEARCH_LISTEN\]]:VALUE:' \
'--log=[log level\: \`off\`, \`error\`, \`warn\`, \`info\`, \`debug\` or \`trace\` \[default\: info\] \[CLIP_SEARCH_LOG\]]:VALUE:(off error warn info debug trace)' \
'--min-score=[how similar a picture found by a text query must be\: \`strict\`, \`normal\`, \`loose\`, or the lowest cosine, -1 to 1; empty\: \`normal\` for the built-in model, else no limit \[CLIP_SEARCH_MIN_SCORE\]]:VALUE:(strict normal loose normal)' \
'--model=[file of the CLIP model, or the name of a known one, which is fetched once; empty\: the one that was named for the index, else the small built-in model, which knows drawings only \[CLIP_SEARCH_MODEL\]]:VALUE:_files' \
'--open=[whether anybody may search who reaches the address, where it is not loopback and no token is set\: \`yes\` or \`no\` \[default\: no\] \[CLIP_SEARCH_OPEN\]]::VALUE:(yes no)' \
'--page=[the page at \`/\` for people with a browser, \`on\` or \`off\`; empty\: \`on\` unless a token is set \[CLIP_SEARCH_PAGE\]]:VALUE:(on off on)' \
'--public-base=[base address of the pictures'\'' URLs; the path below the indexed folder, or a Space'\''s base name, is appended \[CLIP_SEARCH_PUBLIC_BASE\]]:VALUE:' \
'--public-url=[address by which others reach this endpoint, such as a proxy'\''s, with its path; addresses in answers start with it; empty\: the caller'\''s \`Host\` \[CLIP_SEARCH_PUBLIC_URL\]]:VALUE:' \
'--qdrant=[URL of a Qdrant collection that holds the index, in place of a folder \[CLIP_SEARCH_QDRANT\]]:VALUE:' \
'--qdrant-key-file=[file with the API key for Qdrant; or systemd credential \`qdrant-key\` \[CLIP_SEARCH_QDRANT_KEY_FILE\]]:VALUE:_files' \
'--quota-mb=[most megabytes of kept files in each collection of saved pictures \[default\: 2000\] \[CLIP_SEARCH_QUOTA_MB\]]:VALUE:' \
'--quota-pictures=[most pictures in each collection of saved pictures \[default\: 100000\] \[CLIP_SEARCH_QUOTA_PICTURES\]]:VALUE:_files -/' \
'--saved=[folder of the pictures that \`POST /pictures\` saves, which needs a token; empty\: none are saved \[CLIP_SEARCH_SAVED\]]:VALUE:' \
'--space=[Hugging Face Space to search with\: its address, that of its page on the hub, or user/name \[CLIP_SEARCH_SPACE\]]:VALUE:' \
'--space-api=[function of the Space, by name or number; empty\: the one that searches pictures \[CLIP_SEARCH_SPACE_API\]]:VALUE:' \
'--space-args=[arguments for the Space as JSON\: an array, or an object by parameter name; {query}, {limit}, {image} and {type} are filled in; empty\: by the kinds of its inputs \[CLIP_SEARCH_SPACE_ARGS\]]:VALUE:' \
'--space-login-file=[file with user\:password for a Space that asks for a login of its own; or systemd credential \`space-login\` \[CLIP_SEARCH_SPACE_LOGIN_FILE\]]:VALUE:_files' \
'--timeout=[time limit for one search, 1s to 10m \[default\: 25s\] \[CLIP_SEARCH_TIMEOUT\]]:VALUE:' \
'--token-file=[file with the bearer token that clients must send; or systemd credential \`search-token\` \[CLIP_SEARCH_TOKEN_FILE\]]:VALUE:_files' \
'--workers=[searches at the same time, 1 to 512 \[default\: 32\] \[CLIP_SEARCH_WORKERS\]]:VALUE:' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
'::FILE -- the model file; empty\: that of CLIP_SEARCH_MODEL:_files' \
&& ret=0
;;
(help)
_arguments "${_arguments_options[@]}" : \
":: :_clip-search__subcmd__model__subcmd__help_commands" \
"*::: :->help" \
&& ret=0

    case $state in
    (help)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:clip-search-model-help-command-$line[1]:"
        case $line[1] in
            (list)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(fetch)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(convert)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(info)
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
;;
(help)
_arguments "${_arguments_options[@]}" : \
":: :_clip-search__subcmd__help_commands" \
"*::: :->help" \
&& ret=0

    case $state in
    (help)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:clip-search-help-command-$line[1]:"
        case $line[1] in
            (serve)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(check)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(query)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(import)
_arguments "${_arguments_options[@]}" : \
":: :_clip-search__subcmd__help__subcmd__import_commands" \
"*::: :->import" \
&& ret=0

    case $state in
    (import)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:clip-search-help-import-command-$line[1]:"
        case $line[1] in
            (telegram)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
        esac
    ;;
esac
;;
(index)
_arguments "${_arguments_options[@]}" : \
":: :_clip-search__subcmd__help__subcmd__index_commands" \
"*::: :->index" \
&& ret=0

    case $state in
    (index)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:clip-search-help-index-command-$line[1]:"
        case $line[1] in
            (add)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(compact)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(info)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(push)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(remove)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(verify)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
        esac
    ;;
esac
;;
(model)
_arguments "${_arguments_options[@]}" : \
":: :_clip-search__subcmd__help__subcmd__model_commands" \
"*::: :->model" \
&& ret=0

    case $state in
    (model)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:clip-search-help-model-command-$line[1]:"
        case $line[1] in
            (list)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(fetch)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(convert)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(info)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
        esac
    ;;
esac
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

(( $+functions[_clip-search_commands] )) ||
_clip-search_commands() {
    local commands; commands=(
'serve:answer GET /search until SIGTERM (the default)' \
'check:check the settings, the engine and what it is sent, with a trial search' \
'query:search once, without a running server\: score (not of a Space), path or address, and caption, by tabs' \
'import:save pictures from elsewhere' \
'index:keep the index of your own pictures' \
'model:list, fetch, convert or inspect models of our own engine' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'clip-search commands' commands "$@"
}
(( $+functions[_clip-search__subcmd__check_commands] )) ||
_clip-search__subcmd__check_commands() {
    local commands; commands=()
    _describe -t commands 'clip-search check commands' commands "$@"
}
(( $+functions[_clip-search__subcmd__help_commands] )) ||
_clip-search__subcmd__help_commands() {
    local commands; commands=(
'serve:answer GET /search until SIGTERM (the default)' \
'check:check the settings, the engine and what it is sent, with a trial search' \
'query:search once, without a running server\: score (not of a Space), path or address, and caption, by tabs' \
'import:save pictures from elsewhere' \
'index:keep the index of your own pictures' \
'model:list, fetch, convert or inspect models of our own engine' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'clip-search help commands' commands "$@"
}
(( $+functions[_clip-search__subcmd__help__subcmd__check_commands] )) ||
_clip-search__subcmd__help__subcmd__check_commands() {
    local commands; commands=()
    _describe -t commands 'clip-search help check commands' commands "$@"
}
(( $+functions[_clip-search__subcmd__help__subcmd__help_commands] )) ||
_clip-search__subcmd__help__subcmd__help_commands() {
    local commands; commands=()
    _describe -t commands 'clip-search help help commands' commands "$@"
}
(( $+functions[_clip-search__subcmd__help__subcmd__import_commands] )) ||
_clip-search__subcmd__help__subcmd__import_commands() {
    local commands; commands=(
'telegram:save the pictures of an export of Telegram Desktop (result.json), for a user or a chat' \
    )
    _describe -t commands 'clip-search help import commands' commands "$@"
}
(( $+functions[_clip-search__subcmd__help__subcmd__import__subcmd__telegram_commands] )) ||
_clip-search__subcmd__help__subcmd__import__subcmd__telegram_commands() {
    local commands; commands=()
    _describe -t commands 'clip-search help import telegram commands' commands "$@"
}
(( $+functions[_clip-search__subcmd__help__subcmd__index_commands] )) ||
_clip-search__subcmd__help__subcmd__index_commands() {
    local commands; commands=(
'add:index the pictures of folders and lists, and what changed in them' \
'compact:clear what was forgotten of saved pictures from the disk, as serve does by itself each day' \
'info:print what the index holds' \
'push:copy the index to a collection in Qdrant' \
'remove:remove pictures from the index' \
'verify:read the whole index and report what is damaged' \
    )
    _describe -t commands 'clip-search help index commands' commands "$@"
}
(( $+functions[_clip-search__subcmd__help__subcmd__index__subcmd__add_commands] )) ||
_clip-search__subcmd__help__subcmd__index__subcmd__add_commands() {
    local commands; commands=()
    _describe -t commands 'clip-search help index add commands' commands "$@"
}
(( $+functions[_clip-search__subcmd__help__subcmd__index__subcmd__compact_commands] )) ||
_clip-search__subcmd__help__subcmd__index__subcmd__compact_commands() {
    local commands; commands=()
    _describe -t commands 'clip-search help index compact commands' commands "$@"
}
(( $+functions[_clip-search__subcmd__help__subcmd__index__subcmd__info_commands] )) ||
_clip-search__subcmd__help__subcmd__index__subcmd__info_commands() {
    local commands; commands=()
    _describe -t commands 'clip-search help index info commands' commands "$@"
}
(( $+functions[_clip-search__subcmd__help__subcmd__index__subcmd__push_commands] )) ||
_clip-search__subcmd__help__subcmd__index__subcmd__push_commands() {
    local commands; commands=()
    _describe -t commands 'clip-search help index push commands' commands "$@"
}
(( $+functions[_clip-search__subcmd__help__subcmd__index__subcmd__remove_commands] )) ||
_clip-search__subcmd__help__subcmd__index__subcmd__remove_commands() {
    local commands; commands=()
    _describe -t commands 'clip-search help index remove commands' commands "$@"
}
(( $+functions[_clip-search__subcmd__help__subcmd__index__subcmd__verify_commands] )) ||
_clip-search__subcmd__help__subcmd__index__subcmd__verify_commands() {
    local commands; commands=()
    _describe -t commands 'clip-search help index verify commands' commands "$@"
}
(( $+functions[_clip-search__subcmd__help__subcmd__model_commands] )) ||
_clip-search__subcmd__help__subcmd__model_commands() {
    local commands; commands=(
'list:list the models that can be fetched' \
'fetch:fetch a model from the hub and convert it' \
'convert:make a model file from a checkpoint' \
'info:print what a model file holds and whether it is intact' \
    )
    _describe -t commands 'clip-search help model commands' commands "$@"
}
(( $+functions[_clip-search__subcmd__help__subcmd__model__subcmd__convert_commands] )) ||
_clip-search__subcmd__help__subcmd__model__subcmd__convert_commands() {
    local commands; commands=()
    _describe -t commands 'clip-search help model convert commands' commands "$@"
}
(( $+functions[_clip-search__subcmd__help__subcmd__model__subcmd__fetch_commands] )) ||
_clip-search__subcmd__help__subcmd__model__subcmd__fetch_commands() {
    local commands; commands=()
    _describe -t commands 'clip-search help model fetch commands' commands "$@"
}
(( $+functions[_clip-search__subcmd__help__subcmd__model__subcmd__info_commands] )) ||
_clip-search__subcmd__help__subcmd__model__subcmd__info_commands() {
    local commands; commands=()
    _describe -t commands 'clip-search help model info commands' commands "$@"
}
(( $+functions[_clip-search__subcmd__help__subcmd__model__subcmd__list_commands] )) ||
_clip-search__subcmd__help__subcmd__model__subcmd__list_commands() {
    local commands; commands=()
    _describe -t commands 'clip-search help model list commands' commands "$@"
}
(( $+functions[_clip-search__subcmd__help__subcmd__query_commands] )) ||
_clip-search__subcmd__help__subcmd__query_commands() {
    local commands; commands=()
    _describe -t commands 'clip-search help query commands' commands "$@"
}
(( $+functions[_clip-search__subcmd__help__subcmd__serve_commands] )) ||
_clip-search__subcmd__help__subcmd__serve_commands() {
    local commands; commands=()
    _describe -t commands 'clip-search help serve commands' commands "$@"
}
(( $+functions[_clip-search__subcmd__import_commands] )) ||
_clip-search__subcmd__import_commands() {
    local commands; commands=(
'telegram:save the pictures of an export of Telegram Desktop (result.json), for a user or a chat' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'clip-search import commands' commands "$@"
}
(( $+functions[_clip-search__subcmd__import__subcmd__help_commands] )) ||
_clip-search__subcmd__import__subcmd__help_commands() {
    local commands; commands=(
'telegram:save the pictures of an export of Telegram Desktop (result.json), for a user or a chat' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'clip-search import help commands' commands "$@"
}
(( $+functions[_clip-search__subcmd__import__subcmd__help__subcmd__help_commands] )) ||
_clip-search__subcmd__import__subcmd__help__subcmd__help_commands() {
    local commands; commands=()
    _describe -t commands 'clip-search import help help commands' commands "$@"
}
(( $+functions[_clip-search__subcmd__import__subcmd__help__subcmd__telegram_commands] )) ||
_clip-search__subcmd__import__subcmd__help__subcmd__telegram_commands() {
    local commands; commands=()
    _describe -t commands 'clip-search import help telegram commands' commands "$@"
}
(( $+functions[_clip-search__subcmd__import__subcmd__telegram_commands] )) ||
_clip-search__subcmd__import__subcmd__telegram_commands() {
    local commands; commands=()
    _describe -t commands 'clip-search import telegram commands' commands "$@"
}
(( $+functions[_clip-search__subcmd__index_commands] )) ||
_clip-search__subcmd__index_commands() {
    local commands; commands=(
'add:index the pictures of folders and lists, and what changed in them' \
'compact:clear what was forgotten of saved pictures from the disk, as serve does by itself each day' \
'info:print what the index holds' \
'push:copy the index to a collection in Qdrant' \
'remove:remove pictures from the index' \
'verify:read the whole index and report what is damaged' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'clip-search index commands' commands "$@"
}
(( $+functions[_clip-search__subcmd__index__subcmd__add_commands] )) ||
_clip-search__subcmd__index__subcmd__add_commands() {
    local commands; commands=()
    _describe -t commands 'clip-search index add commands' commands "$@"
}
(( $+functions[_clip-search__subcmd__index__subcmd__compact_commands] )) ||
_clip-search__subcmd__index__subcmd__compact_commands() {
    local commands; commands=()
    _describe -t commands 'clip-search index compact commands' commands "$@"
}
(( $+functions[_clip-search__subcmd__index__subcmd__help_commands] )) ||
_clip-search__subcmd__index__subcmd__help_commands() {
    local commands; commands=(
'add:index the pictures of folders and lists, and what changed in them' \
'compact:clear what was forgotten of saved pictures from the disk, as serve does by itself each day' \
'info:print what the index holds' \
'push:copy the index to a collection in Qdrant' \
'remove:remove pictures from the index' \
'verify:read the whole index and report what is damaged' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'clip-search index help commands' commands "$@"
}
(( $+functions[_clip-search__subcmd__index__subcmd__help__subcmd__add_commands] )) ||
_clip-search__subcmd__index__subcmd__help__subcmd__add_commands() {
    local commands; commands=()
    _describe -t commands 'clip-search index help add commands' commands "$@"
}
(( $+functions[_clip-search__subcmd__index__subcmd__help__subcmd__compact_commands] )) ||
_clip-search__subcmd__index__subcmd__help__subcmd__compact_commands() {
    local commands; commands=()
    _describe -t commands 'clip-search index help compact commands' commands "$@"
}
(( $+functions[_clip-search__subcmd__index__subcmd__help__subcmd__help_commands] )) ||
_clip-search__subcmd__index__subcmd__help__subcmd__help_commands() {
    local commands; commands=()
    _describe -t commands 'clip-search index help help commands' commands "$@"
}
(( $+functions[_clip-search__subcmd__index__subcmd__help__subcmd__info_commands] )) ||
_clip-search__subcmd__index__subcmd__help__subcmd__info_commands() {
    local commands; commands=()
    _describe -t commands 'clip-search index help info commands' commands "$@"
}
(( $+functions[_clip-search__subcmd__index__subcmd__help__subcmd__push_commands] )) ||
_clip-search__subcmd__index__subcmd__help__subcmd__push_commands() {
    local commands; commands=()
    _describe -t commands 'clip-search index help push commands' commands "$@"
}
(( $+functions[_clip-search__subcmd__index__subcmd__help__subcmd__remove_commands] )) ||
_clip-search__subcmd__index__subcmd__help__subcmd__remove_commands() {
    local commands; commands=()
    _describe -t commands 'clip-search index help remove commands' commands "$@"
}
(( $+functions[_clip-search__subcmd__index__subcmd__help__subcmd__verify_commands] )) ||
_clip-search__subcmd__index__subcmd__help__subcmd__verify_commands() {
    local commands; commands=()
    _describe -t commands 'clip-search index help verify commands' commands "$@"
}
(( $+functions[_clip-search__subcmd__index__subcmd__info_commands] )) ||
_clip-search__subcmd__index__subcmd__info_commands() {
    local commands; commands=()
    _describe -t commands 'clip-search index info commands' commands "$@"
}
(( $+functions[_clip-search__subcmd__index__subcmd__push_commands] )) ||
_clip-search__subcmd__index__subcmd__push_commands() {
    local commands; commands=()
    _describe -t commands 'clip-search index push commands' commands "$@"
}
(( $+functions[_clip-search__subcmd__index__subcmd__remove_commands] )) ||
_clip-search__subcmd__index__subcmd__remove_commands() {
    local commands; commands=()
    _describe -t commands 'clip-search index remove commands' commands "$@"
}
(( $+functions[_clip-search__subcmd__index__subcmd__verify_commands] )) ||
_clip-search__subcmd__index__subcmd__verify_commands() {
    local commands; commands=()
    _describe -t commands 'clip-search index verify commands' commands "$@"
}
(( $+functions[_clip-search__subcmd__model_commands] )) ||
_clip-search__subcmd__model_commands() {
    local commands; commands=(
'list:list the models that can be fetched' \
'fetch:fetch a model from the hub and convert it' \
'convert:make a model file from a checkpoint' \
'info:print what a model file holds and whether it is intact' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'clip-search model commands' commands "$@"
}
(( $+functions[_clip-search__subcmd__model__subcmd__convert_commands] )) ||
_clip-search__subcmd__model__subcmd__convert_commands() {
    local commands; commands=()
    _describe -t commands 'clip-search model convert commands' commands "$@"
}
(( $+functions[_clip-search__subcmd__model__subcmd__fetch_commands] )) ||
_clip-search__subcmd__model__subcmd__fetch_commands() {
    local commands; commands=()
    _describe -t commands 'clip-search model fetch commands' commands "$@"
}
(( $+functions[_clip-search__subcmd__model__subcmd__help_commands] )) ||
_clip-search__subcmd__model__subcmd__help_commands() {
    local commands; commands=(
'list:list the models that can be fetched' \
'fetch:fetch a model from the hub and convert it' \
'convert:make a model file from a checkpoint' \
'info:print what a model file holds and whether it is intact' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'clip-search model help commands' commands "$@"
}
(( $+functions[_clip-search__subcmd__model__subcmd__help__subcmd__convert_commands] )) ||
_clip-search__subcmd__model__subcmd__help__subcmd__convert_commands() {
    local commands; commands=()
    _describe -t commands 'clip-search model help convert commands' commands "$@"
}
(( $+functions[_clip-search__subcmd__model__subcmd__help__subcmd__fetch_commands] )) ||
_clip-search__subcmd__model__subcmd__help__subcmd__fetch_commands() {
    local commands; commands=()
    _describe -t commands 'clip-search model help fetch commands' commands "$@"
}
(( $+functions[_clip-search__subcmd__model__subcmd__help__subcmd__help_commands] )) ||
_clip-search__subcmd__model__subcmd__help__subcmd__help_commands() {
    local commands; commands=()
    _describe -t commands 'clip-search model help help commands' commands "$@"
}
(( $+functions[_clip-search__subcmd__model__subcmd__help__subcmd__info_commands] )) ||
_clip-search__subcmd__model__subcmd__help__subcmd__info_commands() {
    local commands; commands=()
    _describe -t commands 'clip-search model help info commands' commands "$@"
}
(( $+functions[_clip-search__subcmd__model__subcmd__help__subcmd__list_commands] )) ||
_clip-search__subcmd__model__subcmd__help__subcmd__list_commands() {
    local commands; commands=()
    _describe -t commands 'clip-search model help list commands' commands "$@"
}
(( $+functions[_clip-search__subcmd__model__subcmd__info_commands] )) ||
_clip-search__subcmd__model__subcmd__info_commands() {
    local commands; commands=()
    _describe -t commands 'clip-search model info commands' commands "$@"
}
(( $+functions[_clip-search__subcmd__model__subcmd__list_commands] )) ||
_clip-search__subcmd__model__subcmd__list_commands() {
    local commands; commands=()
    _describe -t commands 'clip-search model list commands' commands "$@"
}
(( $+functions[_clip-search__subcmd__query_commands] )) ||
_clip-search__subcmd__query_commands() {
    local commands; commands=()
    _describe -t commands 'clip-search query commands' commands "$@"
}
(( $+functions[_clip-search__subcmd__serve_commands] )) ||
_clip-search__subcmd__serve_commands() {
    local commands; commands=()
    _describe -t commands 'clip-search serve commands' commands "$@"
}

if [ "$funcstack[1]" = "_clip-search" ]; then
    _clip-search "$@"
else
    compdef _clip-search clip-search
fi
