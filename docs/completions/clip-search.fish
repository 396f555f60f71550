# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_clip_search_global_optspecs
    string join \n cache= cors= engine= hf-token-file= hub= idle= index= listen= log= min-score= model= open= page= public-base= public-url= qdrant= qdrant-key-file= quota-mb= quota-pictures= saved= space= space-api= space-args= space-login-file= timeout= token-file= workers= h/help V/version
end

function __fish_clip_search_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_clip_search_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_clip_search_using_subcommand
    set -l cmd (__fish_clip_search_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c clip-search -n "__fish_clip_search_needs_command" -l cache -d 'folder where smaller pictures are kept, at most 256 MiB; empty: systemd\'s CacheDirectory, else the user\'s cache folder [CLIP_SEARCH_CACHE]' -r -f
complete -c clip-search -n "__fish_clip_search_needs_command" -l cors -d 'pages of other servers that may read answers: origins by comma, such as `https://photos.example`, or `*` for all [CLIP_SEARCH_CORS]' -r -f
complete -c clip-search -n "__fish_clip_search_needs_command" -l engine -d 'search engine: `clip`, `space` or `mock`; empty: `space` if CLIP_SEARCH_SPACE is set, else `clip` [CLIP_SEARCH_ENGINE]' -r -f -a "clip\t''
space\t''
mock\t''
space\t''
clip\t''"
complete -c clip-search -n "__fish_clip_search_needs_command" -l hf-token-file -d 'file with the Hugging Face token; or systemd credential `hf-token` [CLIP_SEARCH_HF_TOKEN_FILE]' -r -F
complete -c clip-search -n "__fish_clip_search_needs_command" -l hub -d 'address of the hub, where Spaces are looked up and models are downloaded [default: https://huggingface.co] [CLIP_SEARCH_HUB]' -r -f
complete -c clip-search -n "__fish_clip_search_needs_command" -l idle -d 'exit after this time without a request, for socket activation; empty: never [CLIP_SEARCH_IDLE]' -r -f
complete -c clip-search -n "__fish_clip_search_needs_command" -l index -d 'folder of the picture index; empty: the built-in pictures [CLIP_SEARCH_INDEX]' -r -f -a "(__fish_complete_directories)"
complete -c clip-search -n "__fish_clip_search_needs_command" -l listen -d 'address and port to listen on; a socket passed by systemd takes precedence [default: 127.0.0.1:8080] [CLIP_SEARCH_LISTEN]' -r -f
complete -c clip-search -n "__fish_clip_search_needs_command" -l log -d 'log level: `off`, `error`, `warn`, `info`, `debug` or `trace` [default: info] [CLIP_SEARCH_LOG]' -r -f -a "off\t''
error\t''
warn\t''
info\t''
debug\t''
trace\t''"
complete -c clip-search -n "__fish_clip_search_needs_command" -l min-score -d 'how similar a picture found by a text query must be: `strict`, `normal`, `loose`, or the lowest cosine, -1 to 1; empty: `normal` for the built-in model, else no limit [CLIP_SEARCH_MIN_SCORE]' -r -f -a "strict\t''
normal\t''
loose\t''
normal\t''"
complete -c clip-search -n "__fish_clip_search_needs_command" -l model -d 'file of the CLIP model, or the name of a known one, which is fetched once; empty: the one that was named for the index, else the small built-in model, which knows drawings only [CLIP_SEARCH_MODEL]' -r -F
complete -c clip-search -n "__fish_clip_search_needs_command" -l open -d 'whether anybody may search who reaches the address, where it is not loopback and no token is set: `yes` or `no` [default: no] [CLIP_SEARCH_OPEN]' -r -f -a "yes\t''
no\t''"
complete -c clip-search -n "__fish_clip_search_needs_command" -l page -d 'the page at `/` for people with a browser, `on` or `off`; empty: `on` unless a token is set [CLIP_SEARCH_PAGE]' -r -f -a "on\t''
off\t''
on\t''"
complete -c clip-search -n "__fish_clip_search_needs_command" -l public-base -d 'base address of the pictures\' URLs; the path below the indexed folder, or a Space\'s base name, is appended [CLIP_SEARCH_PUBLIC_BASE]' -r -f
complete -c clip-search -n "__fish_clip_search_needs_command" -l public-url -d 'address by which others reach this endpoint, such as a proxy\'s, with its path; addresses in answers start with it; empty: the caller\'s `Host` [CLIP_SEARCH_PUBLIC_URL]' -r -f
complete -c clip-search -n "__fish_clip_search_needs_command" -l qdrant -d 'URL of a Qdrant collection that holds the index, in place of a folder [CLIP_SEARCH_QDRANT]' -r -f
complete -c clip-search -n "__fish_clip_search_needs_command" -l qdrant-key-file -d 'file with the API key for Qdrant; or systemd credential `qdrant-key` [CLIP_SEARCH_QDRANT_KEY_FILE]' -r -F
complete -c clip-search -n "__fish_clip_search_needs_command" -l quota-mb -d 'most megabytes of kept files in each collection of saved pictures [default: 2000] [CLIP_SEARCH_QUOTA_MB]' -r -f
complete -c clip-search -n "__fish_clip_search_needs_command" -l quota-pictures -d 'most pictures in each collection of saved pictures [default: 100000] [CLIP_SEARCH_QUOTA_PICTURES]' -r -f -a "(__fish_complete_directories)"
complete -c clip-search -n "__fish_clip_search_needs_command" -l saved -d 'folder of the pictures that `POST /pictures` saves, which needs a token; empty: none are saved [CLIP_SEARCH_SAVED]' -r -f
complete -c clip-search -n "__fish_clip_search_needs_command" -l space -d 'Hugging Face Space to search with: its address, that of its page on the hub, or user/name [CLIP_SEARCH_SPACE]' -r -f
complete -c clip-search -n "__fish_clip_search_needs_command" -l space-api -d 'function of the Space, by name or number; empty: the one that searches pictures [CLIP_SEARCH_SPACE_API]' -r -f
complete -c clip-search -n "__fish_clip_search_needs_command" -l space-args -d 'arguments for the Space as JSON: an array, or an object by parameter name; {query}, {limit}, {image} and {type} are filled in; empty: by the kinds of its inputs [CLIP_SEARCH_SPACE_ARGS]' -r -f
complete -c clip-search -n "__fish_clip_search_needs_command" -l space-login-file -d 'file with user:password for a Space that asks for a login of its own; or systemd credential `space-login` [CLIP_SEARCH_SPACE_LOGIN_FILE]' -r -F
complete -c clip-search -n "__fish_clip_search_needs_command" -l timeout -d 'time limit for one search, 1s to 10m [default: 25s] [CLIP_SEARCH_TIMEOUT]' -r -f
complete -c clip-search -n "__fish_clip_search_needs_command" -l token-file -d 'file with the bearer token that clients must send; or systemd credential `search-token` [CLIP_SEARCH_TOKEN_FILE]' -r -F
complete -c clip-search -n "__fish_clip_search_needs_command" -l workers -d 'searches at the same time, 1 to 512 [default: 32] [CLIP_SEARCH_WORKERS]' -r -f
complete -c clip-search -n "__fish_clip_search_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c clip-search -n "__fish_clip_search_needs_command" -s V -l version -d 'Print version'
complete -c clip-search -n "__fish_clip_search_needs_command" -f -a "serve" -d 'answer GET /search until SIGTERM (the default)'
complete -c clip-search -n "__fish_clip_search_needs_command" -f -a "check" -d 'check the settings, the engine and what it is sent, with a trial search'
complete -c clip-search -n "__fish_clip_search_needs_command" -f -a "query" -d 'search once, without a running server: score (not of a Space), path or address, and caption, by tabs'
complete -c clip-search -n "__fish_clip_search_needs_command" -f -a "import" -d 'save pictures from elsewhere'
complete -c clip-search -n "__fish_clip_search_needs_command" -f -a "index" -d 'keep the index of your own pictures'
complete -c clip-search -n "__fish_clip_search_needs_command" -f -a "model" -d 'list, fetch, convert or inspect models of our own engine'
complete -c clip-search -n "__fish_clip_search_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c clip-search -n "__fish_clip_search_using_subcommand serve" -l cache -d 'folder where smaller pictures are kept, at most 256 MiB; empty: systemd\'s CacheDirectory, else the user\'s cache folder [CLIP_SEARCH_CACHE]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand serve" -l cors -d 'pages of other servers that may read answers: origins by comma, such as `https://photos.example`, or `*` for all [CLIP_SEARCH_CORS]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand serve" -l engine -d 'search engine: `clip`, `space` or `mock`; empty: `space` if CLIP_SEARCH_SPACE is set, else `clip` [CLIP_SEARCH_ENGINE]' -r -f -a "clip\t''
space\t''
mock\t''
space\t''
clip\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand serve" -l hf-token-file -d 'file with the Hugging Face token; or systemd credential `hf-token` [CLIP_SEARCH_HF_TOKEN_FILE]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand serve" -l hub -d 'address of the hub, where Spaces are looked up and models are downloaded [default: https://huggingface.co] [CLIP_SEARCH_HUB]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand serve" -l idle -d 'exit after this time without a request, for socket activation; empty: never [CLIP_SEARCH_IDLE]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand serve" -l index -d 'folder of the picture index; empty: the built-in pictures [CLIP_SEARCH_INDEX]' -r -f -a "(__fish_complete_directories)"
complete -c clip-search -n "__fish_clip_search_using_subcommand serve" -l listen -d 'address and port to listen on; a socket passed by systemd takes precedence [default: 127.0.0.1:8080] [CLIP_SEARCH_LISTEN]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand serve" -l log -d 'log level: `off`, `error`, `warn`, `info`, `debug` or `trace` [default: info] [CLIP_SEARCH_LOG]' -r -f -a "off\t''
error\t''
warn\t''
info\t''
debug\t''
trace\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand serve" -l min-score -d 'how similar a picture found by a text query must be: `strict`, `normal`, `loose`, or the lowest cosine, -1 to 1; empty: `normal` for the built-in model, else no limit [CLIP_SEARCH_MIN_SCORE]' -r -f -a "strict\t''
normal\t''
loose\t''
normal\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand serve" -l model -d 'file of the CLIP model, or the name of a known one, which is fetched once; empty: the one that was named for the index, else the small built-in model, which knows drawings only [CLIP_SEARCH_MODEL]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand serve" -l open -d 'whether anybody may search who reaches the address, where it is not loopback and no token is set: `yes` or `no` [default: no] [CLIP_SEARCH_OPEN]' -r -f -a "yes\t''
no\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand serve" -l page -d 'the page at `/` for people with a browser, `on` or `off`; empty: `on` unless a token is set [CLIP_SEARCH_PAGE]' -r -f -a "on\t''
off\t''
on\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand serve" -l public-base -d 'base address of the pictures\' URLs; the path below the indexed folder, or a Space\'s base name, is appended [CLIP_SEARCH_PUBLIC_BASE]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand serve" -l public-url -d 'address by which others reach this endpoint, such as a proxy\'s, with its path; addresses in answers start with it; empty: the caller\'s `Host` [CLIP_SEARCH_PUBLIC_URL]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand serve" -l qdrant -d 'URL of a Qdrant collection that holds the index, in place of a folder [CLIP_SEARCH_QDRANT]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand serve" -l qdrant-key-file -d 'file with the API key for Qdrant; or systemd credential `qdrant-key` [CLIP_SEARCH_QDRANT_KEY_FILE]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand serve" -l quota-mb -d 'most megabytes of kept files in each collection of saved pictures [default: 2000] [CLIP_SEARCH_QUOTA_MB]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand serve" -l quota-pictures -d 'most pictures in each collection of saved pictures [default: 100000] [CLIP_SEARCH_QUOTA_PICTURES]' -r -f -a "(__fish_complete_directories)"
complete -c clip-search -n "__fish_clip_search_using_subcommand serve" -l saved -d 'folder of the pictures that `POST /pictures` saves, which needs a token; empty: none are saved [CLIP_SEARCH_SAVED]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand serve" -l space -d 'Hugging Face Space to search with: its address, that of its page on the hub, or user/name [CLIP_SEARCH_SPACE]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand serve" -l space-api -d 'function of the Space, by name or number; empty: the one that searches pictures [CLIP_SEARCH_SPACE_API]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand serve" -l space-args -d 'arguments for the Space as JSON: an array, or an object by parameter name; {query}, {limit}, {image} and {type} are filled in; empty: by the kinds of its inputs [CLIP_SEARCH_SPACE_ARGS]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand serve" -l space-login-file -d 'file with user:password for a Space that asks for a login of its own; or systemd credential `space-login` [CLIP_SEARCH_SPACE_LOGIN_FILE]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand serve" -l timeout -d 'time limit for one search, 1s to 10m [default: 25s] [CLIP_SEARCH_TIMEOUT]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand serve" -l token-file -d 'file with the bearer token that clients must send; or systemd credential `search-token` [CLIP_SEARCH_TOKEN_FILE]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand serve" -l workers -d 'searches at the same time, 1 to 512 [default: 32] [CLIP_SEARCH_WORKERS]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand serve" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c clip-search -n "__fish_clip_search_using_subcommand serve" -s V -l version -d 'Print version'
complete -c clip-search -n "__fish_clip_search_using_subcommand check" -l cache -d 'folder where smaller pictures are kept, at most 256 MiB; empty: systemd\'s CacheDirectory, else the user\'s cache folder [CLIP_SEARCH_CACHE]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand check" -l cors -d 'pages of other servers that may read answers: origins by comma, such as `https://photos.example`, or `*` for all [CLIP_SEARCH_CORS]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand check" -l engine -d 'search engine: `clip`, `space` or `mock`; empty: `space` if CLIP_SEARCH_SPACE is set, else `clip` [CLIP_SEARCH_ENGINE]' -r -f -a "clip\t''
space\t''
mock\t''
space\t''
clip\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand check" -l hf-token-file -d 'file with the Hugging Face token; or systemd credential `hf-token` [CLIP_SEARCH_HF_TOKEN_FILE]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand check" -l hub -d 'address of the hub, where Spaces are looked up and models are downloaded [default: https://huggingface.co] [CLIP_SEARCH_HUB]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand check" -l idle -d 'exit after this time without a request, for socket activation; empty: never [CLIP_SEARCH_IDLE]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand check" -l index -d 'folder of the picture index; empty: the built-in pictures [CLIP_SEARCH_INDEX]' -r -f -a "(__fish_complete_directories)"
complete -c clip-search -n "__fish_clip_search_using_subcommand check" -l listen -d 'address and port to listen on; a socket passed by systemd takes precedence [default: 127.0.0.1:8080] [CLIP_SEARCH_LISTEN]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand check" -l log -d 'log level: `off`, `error`, `warn`, `info`, `debug` or `trace` [default: info] [CLIP_SEARCH_LOG]' -r -f -a "off\t''
error\t''
warn\t''
info\t''
debug\t''
trace\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand check" -l min-score -d 'how similar a picture found by a text query must be: `strict`, `normal`, `loose`, or the lowest cosine, -1 to 1; empty: `normal` for the built-in model, else no limit [CLIP_SEARCH_MIN_SCORE]' -r -f -a "strict\t''
normal\t''
loose\t''
normal\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand check" -l model -d 'file of the CLIP model, or the name of a known one, which is fetched once; empty: the one that was named for the index, else the small built-in model, which knows drawings only [CLIP_SEARCH_MODEL]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand check" -l open -d 'whether anybody may search who reaches the address, where it is not loopback and no token is set: `yes` or `no` [default: no] [CLIP_SEARCH_OPEN]' -r -f -a "yes\t''
no\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand check" -l page -d 'the page at `/` for people with a browser, `on` or `off`; empty: `on` unless a token is set [CLIP_SEARCH_PAGE]' -r -f -a "on\t''
off\t''
on\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand check" -l public-base -d 'base address of the pictures\' URLs; the path below the indexed folder, or a Space\'s base name, is appended [CLIP_SEARCH_PUBLIC_BASE]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand check" -l public-url -d 'address by which others reach this endpoint, such as a proxy\'s, with its path; addresses in answers start with it; empty: the caller\'s `Host` [CLIP_SEARCH_PUBLIC_URL]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand check" -l qdrant -d 'URL of a Qdrant collection that holds the index, in place of a folder [CLIP_SEARCH_QDRANT]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand check" -l qdrant-key-file -d 'file with the API key for Qdrant; or systemd credential `qdrant-key` [CLIP_SEARCH_QDRANT_KEY_FILE]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand check" -l quota-mb -d 'most megabytes of kept files in each collection of saved pictures [default: 2000] [CLIP_SEARCH_QUOTA_MB]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand check" -l quota-pictures -d 'most pictures in each collection of saved pictures [default: 100000] [CLIP_SEARCH_QUOTA_PICTURES]' -r -f -a "(__fish_complete_directories)"
complete -c clip-search -n "__fish_clip_search_using_subcommand check" -l saved -d 'folder of the pictures that `POST /pictures` saves, which needs a token; empty: none are saved [CLIP_SEARCH_SAVED]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand check" -l space -d 'Hugging Face Space to search with: its address, that of its page on the hub, or user/name [CLIP_SEARCH_SPACE]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand check" -l space-api -d 'function of the Space, by name or number; empty: the one that searches pictures [CLIP_SEARCH_SPACE_API]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand check" -l space-args -d 'arguments for the Space as JSON: an array, or an object by parameter name; {query}, {limit}, {image} and {type} are filled in; empty: by the kinds of its inputs [CLIP_SEARCH_SPACE_ARGS]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand check" -l space-login-file -d 'file with user:password for a Space that asks for a login of its own; or systemd credential `space-login` [CLIP_SEARCH_SPACE_LOGIN_FILE]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand check" -l timeout -d 'time limit for one search, 1s to 10m [default: 25s] [CLIP_SEARCH_TIMEOUT]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand check" -l token-file -d 'file with the bearer token that clients must send; or systemd credential `search-token` [CLIP_SEARCH_TOKEN_FILE]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand check" -l workers -d 'searches at the same time, 1 to 512 [default: 32] [CLIP_SEARCH_WORKERS]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand check" -l config-only -d 'check the settings only, without secrets and network'
complete -c clip-search -n "__fish_clip_search_using_subcommand check" -l json -d 'print JSON, for scripts'
complete -c clip-search -n "__fish_clip_search_using_subcommand check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c clip-search -n "__fish_clip_search_using_subcommand check" -s V -l version -d 'Print version'
complete -c clip-search -n "__fish_clip_search_using_subcommand query" -l after -d 'only pictures taken in this year, month or day, or later' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand query" -l before -d 'only pictures taken before this year, month or day' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand query" -l near -d 'only pictures taken near LATITUDE,LONGITUDE,KILOMETRES' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand query" -l folder -d 'only pictures in folders with these words in their name' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand query" -l cache -d 'folder where smaller pictures are kept, at most 256 MiB; empty: systemd\'s CacheDirectory, else the user\'s cache folder [CLIP_SEARCH_CACHE]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand query" -l cors -d 'pages of other servers that may read answers: origins by comma, such as `https://photos.example`, or `*` for all [CLIP_SEARCH_CORS]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand query" -l engine -d 'search engine: `clip`, `space` or `mock`; empty: `space` if CLIP_SEARCH_SPACE is set, else `clip` [CLIP_SEARCH_ENGINE]' -r -f -a "clip\t''
space\t''
mock\t''
space\t''
clip\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand query" -l hf-token-file -d 'file with the Hugging Face token; or systemd credential `hf-token` [CLIP_SEARCH_HF_TOKEN_FILE]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand query" -l hub -d 'address of the hub, where Spaces are looked up and models are downloaded [default: https://huggingface.co] [CLIP_SEARCH_HUB]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand query" -l idle -d 'exit after this time without a request, for socket activation; empty: never [CLIP_SEARCH_IDLE]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand query" -l index -d 'folder of the picture index; empty: the built-in pictures [CLIP_SEARCH_INDEX]' -r -f -a "(__fish_complete_directories)"
complete -c clip-search -n "__fish_clip_search_using_subcommand query" -l listen -d 'address and port to listen on; a socket passed by systemd takes precedence [default: 127.0.0.1:8080] [CLIP_SEARCH_LISTEN]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand query" -l log -d 'log level: `off`, `error`, `warn`, `info`, `debug` or `trace` [default: info] [CLIP_SEARCH_LOG]' -r -f -a "off\t''
error\t''
warn\t''
info\t''
debug\t''
trace\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand query" -l min-score -d 'how similar a picture found by a text query must be: `strict`, `normal`, `loose`, or the lowest cosine, -1 to 1; empty: `normal` for the built-in model, else no limit [CLIP_SEARCH_MIN_SCORE]' -r -f -a "strict\t''
normal\t''
loose\t''
normal\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand query" -l model -d 'file of the CLIP model, or the name of a known one, which is fetched once; empty: the one that was named for the index, else the small built-in model, which knows drawings only [CLIP_SEARCH_MODEL]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand query" -l open -d 'whether anybody may search who reaches the address, where it is not loopback and no token is set: `yes` or `no` [default: no] [CLIP_SEARCH_OPEN]' -r -f -a "yes\t''
no\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand query" -l page -d 'the page at `/` for people with a browser, `on` or `off`; empty: `on` unless a token is set [CLIP_SEARCH_PAGE]' -r -f -a "on\t''
off\t''
on\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand query" -l public-base -d 'base address of the pictures\' URLs; the path below the indexed folder, or a Space\'s base name, is appended [CLIP_SEARCH_PUBLIC_BASE]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand query" -l public-url -d 'address by which others reach this endpoint, such as a proxy\'s, with its path; addresses in answers start with it; empty: the caller\'s `Host` [CLIP_SEARCH_PUBLIC_URL]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand query" -l qdrant -d 'URL of a Qdrant collection that holds the index, in place of a folder [CLIP_SEARCH_QDRANT]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand query" -l qdrant-key-file -d 'file with the API key for Qdrant; or systemd credential `qdrant-key` [CLIP_SEARCH_QDRANT_KEY_FILE]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand query" -l quota-mb -d 'most megabytes of kept files in each collection of saved pictures [default: 2000] [CLIP_SEARCH_QUOTA_MB]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand query" -l quota-pictures -d 'most pictures in each collection of saved pictures [default: 100000] [CLIP_SEARCH_QUOTA_PICTURES]' -r -f -a "(__fish_complete_directories)"
complete -c clip-search -n "__fish_clip_search_using_subcommand query" -l saved -d 'folder of the pictures that `POST /pictures` saves, which needs a token; empty: none are saved [CLIP_SEARCH_SAVED]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand query" -l space -d 'Hugging Face Space to search with: its address, that of its page on the hub, or user/name [CLIP_SEARCH_SPACE]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand query" -l space-api -d 'function of the Space, by name or number; empty: the one that searches pictures [CLIP_SEARCH_SPACE_API]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand query" -l space-args -d 'arguments for the Space as JSON: an array, or an object by parameter name; {query}, {limit}, {image} and {type} are filled in; empty: by the kinds of its inputs [CLIP_SEARCH_SPACE_ARGS]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand query" -l space-login-file -d 'file with user:password for a Space that asks for a login of its own; or systemd credential `space-login` [CLIP_SEARCH_SPACE_LOGIN_FILE]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand query" -l timeout -d 'time limit for one search, 1s to 10m [default: 25s] [CLIP_SEARCH_TIMEOUT]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand query" -l token-file -d 'file with the bearer token that clients must send; or systemd credential `search-token` [CLIP_SEARCH_TOKEN_FILE]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand query" -l workers -d 'searches at the same time, 1 to 512 [default: 32] [CLIP_SEARCH_WORKERS]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand query" -l json -d 'print JSON, for scripts'
complete -c clip-search -n "__fish_clip_search_using_subcommand query" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c clip-search -n "__fish_clip_search_using_subcommand query" -s V -l version -d 'Print version'
complete -c clip-search -n "__fish_clip_search_using_subcommand import; and not __fish_seen_subcommand_from telegram help" -l cache -d 'folder where smaller pictures are kept, at most 256 MiB; empty: systemd\'s CacheDirectory, else the user\'s cache folder [CLIP_SEARCH_CACHE]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand import; and not __fish_seen_subcommand_from telegram help" -l cors -d 'pages of other servers that may read answers: origins by comma, such as `https://photos.example`, or `*` for all [CLIP_SEARCH_CORS]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand import; and not __fish_seen_subcommand_from telegram help" -l engine -d 'search engine: `clip`, `space` or `mock`; empty: `space` if CLIP_SEARCH_SPACE is set, else `clip` [CLIP_SEARCH_ENGINE]' -r -f -a "clip\t''
space\t''
mock\t''
space\t''
clip\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand import; and not __fish_seen_subcommand_from telegram help" -l hf-token-file -d 'file with the Hugging Face token; or systemd credential `hf-token` [CLIP_SEARCH_HF_TOKEN_FILE]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand import; and not __fish_seen_subcommand_from telegram help" -l hub -d 'address of the hub, where Spaces are looked up and models are downloaded [default: https://huggingface.co] [CLIP_SEARCH_HUB]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand import; and not __fish_seen_subcommand_from telegram help" -l idle -d 'exit after this time without a request, for socket activation; empty: never [CLIP_SEARCH_IDLE]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand import; and not __fish_seen_subcommand_from telegram help" -l index -d 'folder of the picture index; empty: the built-in pictures [CLIP_SEARCH_INDEX]' -r -f -a "(__fish_complete_directories)"
complete -c clip-search -n "__fish_clip_search_using_subcommand import; and not __fish_seen_subcommand_from telegram help" -l listen -d 'address and port to listen on; a socket passed by systemd takes precedence [default: 127.0.0.1:8080] [CLIP_SEARCH_LISTEN]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand import; and not __fish_seen_subcommand_from telegram help" -l log -d 'log level: `off`, `error`, `warn`, `info`, `debug` or `trace` [default: info] [CLIP_SEARCH_LOG]' -r -f -a "off\t''
error\t''
warn\t''
info\t''
debug\t''
trace\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand import; and not __fish_seen_subcommand_from telegram help" -l min-score -d 'how similar a picture found by a text query must be: `strict`, `normal`, `loose`, or the lowest cosine, -1 to 1; empty: `normal` for the built-in model, else no limit [CLIP_SEARCH_MIN_SCORE]' -r -f -a "strict\t''
normal\t''
loose\t''
normal\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand import; and not __fish_seen_subcommand_from telegram help" -l model -d 'file of the CLIP model, or the name of a known one, which is fetched once; empty: the one that was named for the index, else the small built-in model, which knows drawings only [CLIP_SEARCH_MODEL]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand import; and not __fish_seen_subcommand_from telegram help" -l open -d 'whether anybody may search who reaches the address, where it is not loopback and no token is set: `yes` or `no` [default: no] [CLIP_SEARCH_OPEN]' -r -f -a "yes\t''
no\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand import; and not __fish_seen_subcommand_from telegram help" -l page -d 'the page at `/` for people with a browser, `on` or `off`; empty: `on` unless a token is set [CLIP_SEARCH_PAGE]' -r -f -a "on\t''
off\t''
on\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand import; and not __fish_seen_subcommand_from telegram help" -l public-base -d 'base address of the pictures\' URLs; the path below the indexed folder, or a Space\'s base name, is appended [CLIP_SEARCH_PUBLIC_BASE]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand import; and not __fish_seen_subcommand_from telegram help" -l public-url -d 'address by which others reach this endpoint, such as a proxy\'s, with its path; addresses in answers start with it; empty: the caller\'s `Host` [CLIP_SEARCH_PUBLIC_URL]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand import; and not __fish_seen_subcommand_from telegram help" -l qdrant -d 'URL of a Qdrant collection that holds the index, in place of a folder [CLIP_SEARCH_QDRANT]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand import; and not __fish_seen_subcommand_from telegram help" -l qdrant-key-file -d 'file with the API key for Qdrant; or systemd credential `qdrant-key` [CLIP_SEARCH_QDRANT_KEY_FILE]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand import; and not __fish_seen_subcommand_from telegram help" -l quota-mb -d 'most megabytes of kept files in each collection of saved pictures [default: 2000] [CLIP_SEARCH_QUOTA_MB]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand import; and not __fish_seen_subcommand_from telegram help" -l quota-pictures -d 'most pictures in each collection of saved pictures [default: 100000] [CLIP_SEARCH_QUOTA_PICTURES]' -r -f -a "(__fish_complete_directories)"
complete -c clip-search -n "__fish_clip_search_using_subcommand import; and not __fish_seen_subcommand_from telegram help" -l saved -d 'folder of the pictures that `POST /pictures` saves, which needs a token; empty: none are saved [CLIP_SEARCH_SAVED]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand import; and not __fish_seen_subcommand_from telegram help" -l space -d 'Hugging Face Space to search with: its address, that of its page on the hub, or user/name [CLIP_SEARCH_SPACE]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand import; and not __fish_seen_subcommand_from telegram help" -l space-api -d 'function of the Space, by name or number; empty: the one that searches pictures [CLIP_SEARCH_SPACE_API]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand import; and not __fish_seen_subcommand_from telegram help" -l space-args -d 'arguments for the Space as JSON: an array, or an object by parameter name; {query}, {limit}, {image} and {type} are filled in; empty: by the kinds of its inputs [CLIP_SEARCH_SPACE_ARGS]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand import; and not __fish_seen_subcommand_from telegram help" -l space-login-file -d 'file with user:password for a Space that asks for a login of its own; or systemd credential `space-login` [CLIP_SEARCH_SPACE_LOGIN_FILE]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand import; and not __fish_seen_subcommand_from telegram help" -l timeout -d 'time limit for one search, 1s to 10m [default: 25s] [CLIP_SEARCH_TIMEOUT]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand import; and not __fish_seen_subcommand_from telegram help" -l token-file -d 'file with the bearer token that clients must send; or systemd credential `search-token` [CLIP_SEARCH_TOKEN_FILE]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand import; and not __fish_seen_subcommand_from telegram help" -l workers -d 'searches at the same time, 1 to 512 [default: 32] [CLIP_SEARCH_WORKERS]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand import; and not __fish_seen_subcommand_from telegram help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c clip-search -n "__fish_clip_search_using_subcommand import; and not __fish_seen_subcommand_from telegram help" -s V -l version -d 'Print version'
complete -c clip-search -n "__fish_clip_search_using_subcommand import; and not __fish_seen_subcommand_from telegram help" -f -a "telegram" -d 'save the pictures of an export of Telegram Desktop (result.json), for a user or a chat'
complete -c clip-search -n "__fish_clip_search_using_subcommand import; and not __fish_seen_subcommand_from telegram help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c clip-search -n "__fish_clip_search_using_subcommand import; and __fish_seen_subcommand_from telegram" -l user -d 'the Telegram id of the user who finds them' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand import; and __fish_seen_subcommand_from telegram" -l chat -d 'the Telegram id of the chat whose members find them' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand import; and __fish_seen_subcommand_from telegram" -l cache -d 'folder where smaller pictures are kept, at most 256 MiB; empty: systemd\'s CacheDirectory, else the user\'s cache folder [CLIP_SEARCH_CACHE]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand import; and __fish_seen_subcommand_from telegram" -l cors -d 'pages of other servers that may read answers: origins by comma, such as `https://photos.example`, or `*` for all [CLIP_SEARCH_CORS]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand import; and __fish_seen_subcommand_from telegram" -l engine -d 'search engine: `clip`, `space` or `mock`; empty: `space` if CLIP_SEARCH_SPACE is set, else `clip` [CLIP_SEARCH_ENGINE]' -r -f -a "clip\t''
space\t''
mock\t''
space\t''
clip\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand import; and __fish_seen_subcommand_from telegram" -l hf-token-file -d 'file with the Hugging Face token; or systemd credential `hf-token` [CLIP_SEARCH_HF_TOKEN_FILE]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand import; and __fish_seen_subcommand_from telegram" -l hub -d 'address of the hub, where Spaces are looked up and models are downloaded [default: https://huggingface.co] [CLIP_SEARCH_HUB]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand import; and __fish_seen_subcommand_from telegram" -l idle -d 'exit after this time without a request, for socket activation; empty: never [CLIP_SEARCH_IDLE]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand import; and __fish_seen_subcommand_from telegram" -l index -d 'folder of the picture index; empty: the built-in pictures [CLIP_SEARCH_INDEX]' -r -f -a "(__fish_complete_directories)"
complete -c clip-search -n "__fish_clip_search_using_subcommand import; and __fish_seen_subcommand_from telegram" -l listen -d 'address and port to listen on; a socket passed by systemd takes precedence [default: 127.0.0.1:8080] [CLIP_SEARCH_LISTEN]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand import; and __fish_seen_subcommand_from telegram" -l log -d 'log level: `off`, `error`, `warn`, `info`, `debug` or `trace` [default: info] [CLIP_SEARCH_LOG]' -r -f -a "off\t''
error\t''
warn\t''
info\t''
debug\t''
trace\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand import; and __fish_seen_subcommand_from telegram" -l min-score -d 'how similar a picture found by a text query must be: `strict`, `normal`, `loose`, or the lowest cosine, -1 to 1; empty: `normal` for the built-in model, else no limit [CLIP_SEARCH_MIN_SCORE]' -r -f -a "strict\t''
normal\t''
loose\t''
normal\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand import; and __fish_seen_subcommand_from telegram" -l model -d 'file of the CLIP model, or the name of a known one, which is fetched once; empty: the one that was named for the index, else the small built-in model, which knows drawings only [CLIP_SEARCH_MODEL]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand import; and __fish_seen_subcommand_from telegram" -l open -d 'whether anybody may search who reaches the address, where it is not loopback and no token is set: `yes` or `no` [default: no] [CLIP_SEARCH_OPEN]' -r -f -a "yes\t''
no\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand import; and __fish_seen_subcommand_from telegram" -l page -d 'the page at `/` for people with a browser, `on` or `off`; empty: `on` unless a token is set [CLIP_SEARCH_PAGE]' -r -f -a "on\t''
off\t''
on\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand import; and __fish_seen_subcommand_from telegram" -l public-base -d 'base address of the pictures\' URLs; the path below the indexed folder, or a Space\'s base name, is appended [CLIP_SEARCH_PUBLIC_BASE]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand import; and __fish_seen_subcommand_from telegram" -l public-url -d 'address by which others reach this endpoint, such as a proxy\'s, with its path; addresses in answers start with it; empty: the caller\'s `Host` [CLIP_SEARCH_PUBLIC_URL]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand import; and __fish_seen_subcommand_from telegram" -l qdrant -d 'URL of a Qdrant collection that holds the index, in place of a folder [CLIP_SEARCH_QDRANT]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand import; and __fish_seen_subcommand_from telegram" -l qdrant-key-file -d 'file with the API key for Qdrant; or systemd credential `qdrant-key` [CLIP_SEARCH_QDRANT_KEY_FILE]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand import; and __fish_seen_subcommand_from telegram" -l quota-mb -d 'most megabytes of kept files in each collection of saved pictures [default: 2000] [CLIP_SEARCH_QUOTA_MB]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand import; and __fish_seen_subcommand_from telegram" -l quota-pictures -d 'most pictures in each collection of saved pictures [default: 100000] [CLIP_SEARCH_QUOTA_PICTURES]' -r -f -a "(__fish_complete_directories)"
complete -c clip-search -n "__fish_clip_search_using_subcommand import; and __fish_seen_subcommand_from telegram" -l saved -d 'folder of the pictures that `POST /pictures` saves, which needs a token; empty: none are saved [CLIP_SEARCH_SAVED]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand import; and __fish_seen_subcommand_from telegram" -l space -d 'Hugging Face Space to search with: its address, that of its page on the hub, or user/name [CLIP_SEARCH_SPACE]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand import; and __fish_seen_subcommand_from telegram" -l space-api -d 'function of the Space, by name or number; empty: the one that searches pictures [CLIP_SEARCH_SPACE_API]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand import; and __fish_seen_subcommand_from telegram" -l space-args -d 'arguments for the Space as JSON: an array, or an object by parameter name; {query}, {limit}, {image} and {type} are filled in; empty: by the kinds of its inputs [CLIP_SEARCH_SPACE_ARGS]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand import; and __fish_seen_subcommand_from telegram" -l space-login-file -d 'file with user:password for a Space that asks for a login of its own; or systemd credential `space-login` [CLIP_SEARCH_SPACE_LOGIN_FILE]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand import; and __fish_seen_subcommand_from telegram" -l timeout -d 'time limit for one search, 1s to 10m [default: 25s] [CLIP_SEARCH_TIMEOUT]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand import; and __fish_seen_subcommand_from telegram" -l token-file -d 'file with the bearer token that clients must send; or systemd credential `search-token` [CLIP_SEARCH_TOKEN_FILE]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand import; and __fish_seen_subcommand_from telegram" -l workers -d 'searches at the same time, 1 to 512 [default: 32] [CLIP_SEARCH_WORKERS]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand import; and __fish_seen_subcommand_from telegram" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c clip-search -n "__fish_clip_search_using_subcommand import; and __fish_seen_subcommand_from telegram" -s V -l version -d 'Print version'
complete -c clip-search -n "__fish_clip_search_using_subcommand import; and __fish_seen_subcommand_from help" -f -a "telegram" -d 'save the pictures of an export of Telegram Desktop (result.json), for a user or a chat'
complete -c clip-search -n "__fish_clip_search_using_subcommand import; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and not __fish_seen_subcommand_from add compact info push remove verify help" -l cache -d 'folder where smaller pictures are kept, at most 256 MiB; empty: systemd\'s CacheDirectory, else the user\'s cache folder [CLIP_SEARCH_CACHE]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and not __fish_seen_subcommand_from add compact info push remove verify help" -l cors -d 'pages of other servers that may read answers: origins by comma, such as `https://photos.example`, or `*` for all [CLIP_SEARCH_CORS]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and not __fish_seen_subcommand_from add compact info push remove verify help" -l engine -d 'search engine: `clip`, `space` or `mock`; empty: `space` if CLIP_SEARCH_SPACE is set, else `clip` [CLIP_SEARCH_ENGINE]' -r -f -a "clip\t''
space\t''
mock\t''
space\t''
clip\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and not __fish_seen_subcommand_from add compact info push remove verify help" -l hf-token-file -d 'file with the Hugging Face token; or systemd credential `hf-token` [CLIP_SEARCH_HF_TOKEN_FILE]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and not __fish_seen_subcommand_from add compact info push remove verify help" -l hub -d 'address of the hub, where Spaces are looked up and models are downloaded [default: https://huggingface.co] [CLIP_SEARCH_HUB]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and not __fish_seen_subcommand_from add compact info push remove verify help" -l idle -d 'exit after this time without a request, for socket activation; empty: never [CLIP_SEARCH_IDLE]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and not __fish_seen_subcommand_from add compact info push remove verify help" -l index -d 'folder of the picture index; empty: the built-in pictures [CLIP_SEARCH_INDEX]' -r -f -a "(__fish_complete_directories)"
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and not __fish_seen_subcommand_from add compact info push remove verify help" -l listen -d 'address and port to listen on; a socket passed by systemd takes precedence [default: 127.0.0.1:8080] [CLIP_SEARCH_LISTEN]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and not __fish_seen_subcommand_from add compact info push remove verify help" -l log -d 'log level: `off`, `error`, `warn`, `info`, `debug` or `trace` [default: info] [CLIP_SEARCH_LOG]' -r -f -a "off\t''
error\t''
warn\t''
info\t''
debug\t''
trace\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and not __fish_seen_subcommand_from add compact info push remove verify help" -l min-score -d 'how similar a picture found by a text query must be: `strict`, `normal`, `loose`, or the lowest cosine, -1 to 1; empty: `normal` for the built-in model, else no limit [CLIP_SEARCH_MIN_SCORE]' -r -f -a "strict\t''
normal\t''
loose\t''
normal\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and not __fish_seen_subcommand_from add compact info push remove verify help" -l model -d 'file of the CLIP model, or the name of a known one, which is fetched once; empty: the one that was named for the index, else the small built-in model, which knows drawings only [CLIP_SEARCH_MODEL]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and not __fish_seen_subcommand_from add compact info push remove verify help" -l open -d 'whether anybody may search who reaches the address, where it is not loopback and no token is set: `yes` or `no` [default: no] [CLIP_SEARCH_OPEN]' -r -f -a "yes\t''
no\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and not __fish_seen_subcommand_from add compact info push remove verify help" -l page -d 'the page at `/` for people with a browser, `on` or `off`; empty: `on` unless a token is set [CLIP_SEARCH_PAGE]' -r -f -a "on\t''
off\t''
on\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and not __fish_seen_subcommand_from add compact info push remove verify help" -l public-base -d 'base address of the pictures\' URLs; the path below the indexed folder, or a Space\'s base name, is appended [CLIP_SEARCH_PUBLIC_BASE]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and not __fish_seen_subcommand_from add compact info push remove verify help" -l public-url -d 'address by which others reach this endpoint, such as a proxy\'s, with its path; addresses in answers start with it; empty: the caller\'s `Host` [CLIP_SEARCH_PUBLIC_URL]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and not __fish_seen_subcommand_from add compact info push remove verify help" -l qdrant -d 'URL of a Qdrant collection that holds the index, in place of a folder [CLIP_SEARCH_QDRANT]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and not __fish_seen_subcommand_from add compact info push remove verify help" -l qdrant-key-file -d 'file with the API key for Qdrant; or systemd credential `qdrant-key` [CLIP_SEARCH_QDRANT_KEY_FILE]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and not __fish_seen_subcommand_from add compact info push remove verify help" -l quota-mb -d 'most megabytes of kept files in each collection of saved pictures [default: 2000] [CLIP_SEARCH_QUOTA_MB]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and not __fish_seen_subcommand_from add compact info push remove verify help" -l quota-pictures -d 'most pictures in each collection of saved pictures [default: 100000] [CLIP_SEARCH_QUOTA_PICTURES]' -r -f -a "(__fish_complete_directories)"
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and not __fish_seen_subcommand_from add compact info push remove verify help" -l saved -d 'folder of the pictures that `POST /pictures` saves, which needs a token; empty: none are saved [CLIP_SEARCH_SAVED]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and not __fish_seen_subcommand_from add compact info push remove verify help" -l space -d 'Hugging Face Space to search with: its address, that of its page on the hub, or user/name [CLIP_SEARCH_SPACE]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and not __fish_seen_subcommand_from add compact info push remove verify help" -l space-api -d 'function of the Space, by name or number; empty: the one that searches pictures [CLIP_SEARCH_SPACE_API]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and not __fish_seen_subcommand_from add compact info push remove verify help" -l space-args -d 'arguments for the Space as JSON: an array, or an object by parameter name; {query}, {limit}, {image} and {type} are filled in; empty: by the kinds of its inputs [CLIP_SEARCH_SPACE_ARGS]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and not __fish_seen_subcommand_from add compact info push remove verify help" -l space-login-file -d 'file with user:password for a Space that asks for a login of its own; or systemd credential `space-login` [CLIP_SEARCH_SPACE_LOGIN_FILE]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and not __fish_seen_subcommand_from add compact info push remove verify help" -l timeout -d 'time limit for one search, 1s to 10m [default: 25s] [CLIP_SEARCH_TIMEOUT]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and not __fish_seen_subcommand_from add compact info push remove verify help" -l token-file -d 'file with the bearer token that clients must send; or systemd credential `search-token` [CLIP_SEARCH_TOKEN_FILE]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and not __fish_seen_subcommand_from add compact info push remove verify help" -l workers -d 'searches at the same time, 1 to 512 [default: 32] [CLIP_SEARCH_WORKERS]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and not __fish_seen_subcommand_from add compact info push remove verify help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and not __fish_seen_subcommand_from add compact info push remove verify help" -s V -l version -d 'Print version'
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and not __fish_seen_subcommand_from add compact info push remove verify help" -f -a "add" -d 'index the pictures of folders and lists, and what changed in them'
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and not __fish_seen_subcommand_from add compact info push remove verify help" -f -a "compact" -d 'clear what was forgotten of saved pictures from the disk, as serve does by itself each day'
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and not __fish_seen_subcommand_from add compact info push remove verify help" -f -a "info" -d 'print what the index holds'
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and not __fish_seen_subcommand_from add compact info push remove verify help" -f -a "push" -d 'copy the index to a collection in Qdrant'
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and not __fish_seen_subcommand_from add compact info push remove verify help" -f -a "remove" -d 'remove pictures from the index'
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and not __fish_seen_subcommand_from add compact info push remove verify help" -f -a "verify" -d 'read the whole index and report what is damaged'
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and not __fish_seen_subcommand_from add compact info push remove verify help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from add" -l exclude -d 'leave out what this pattern of gitignore matches, from now on' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from add" -l cache -d 'folder where smaller pictures are kept, at most 256 MiB; empty: systemd\'s CacheDirectory, else the user\'s cache folder [CLIP_SEARCH_CACHE]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from add" -l cors -d 'pages of other servers that may read answers: origins by comma, such as `https://photos.example`, or `*` for all [CLIP_SEARCH_CORS]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from add" -l engine -d 'search engine: `clip`, `space` or `mock`; empty: `space` if CLIP_SEARCH_SPACE is set, else `clip` [CLIP_SEARCH_ENGINE]' -r -f -a "clip\t''
space\t''
mock\t''
space\t''
clip\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from add" -l hf-token-file -d 'file with the Hugging Face token; or systemd credential `hf-token` [CLIP_SEARCH_HF_TOKEN_FILE]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from add" -l hub -d 'address of the hub, where Spaces are looked up and models are downloaded [default: https://huggingface.co] [CLIP_SEARCH_HUB]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from add" -l idle -d 'exit after this time without a request, for socket activation; empty: never [CLIP_SEARCH_IDLE]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from add" -l index -d 'folder of the picture index; empty: the built-in pictures [CLIP_SEARCH_INDEX]' -r -f -a "(__fish_complete_directories)"
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from add" -l listen -d 'address and port to listen on; a socket passed by systemd takes precedence [default: 127.0.0.1:8080] [CLIP_SEARCH_LISTEN]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from add" -l log -d 'log level: `off`, `error`, `warn`, `info`, `debug` or `trace` [default: info] [CLIP_SEARCH_LOG]' -r -f -a "off\t''
error\t''
warn\t''
info\t''
debug\t''
trace\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from add" -l min-score -d 'how similar a picture found by a text query must be: `strict`, `normal`, `loose`, or the lowest cosine, -1 to 1; empty: `normal` for the built-in model, else no limit [CLIP_SEARCH_MIN_SCORE]' -r -f -a "strict\t''
normal\t''
loose\t''
normal\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from add" -l model -d 'file of the CLIP model, or the name of a known one, which is fetched once; empty: the one that was named for the index, else the small built-in model, which knows drawings only [CLIP_SEARCH_MODEL]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from add" -l open -d 'whether anybody may search who reaches the address, where it is not loopback and no token is set: `yes` or `no` [default: no] [CLIP_SEARCH_OPEN]' -r -f -a "yes\t''
no\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from add" -l page -d 'the page at `/` for people with a browser, `on` or `off`; empty: `on` unless a token is set [CLIP_SEARCH_PAGE]' -r -f -a "on\t''
off\t''
on\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from add" -l public-base -d 'base address of the pictures\' URLs; the path below the indexed folder, or a Space\'s base name, is appended [CLIP_SEARCH_PUBLIC_BASE]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from add" -l public-url -d 'address by which others reach this endpoint, such as a proxy\'s, with its path; addresses in answers start with it; empty: the caller\'s `Host` [CLIP_SEARCH_PUBLIC_URL]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from add" -l qdrant -d 'URL of a Qdrant collection that holds the index, in place of a folder [CLIP_SEARCH_QDRANT]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from add" -l qdrant-key-file -d 'file with the API key for Qdrant; or systemd credential `qdrant-key` [CLIP_SEARCH_QDRANT_KEY_FILE]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from add" -l quota-mb -d 'most megabytes of kept files in each collection of saved pictures [default: 2000] [CLIP_SEARCH_QUOTA_MB]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from add" -l quota-pictures -d 'most pictures in each collection of saved pictures [default: 100000] [CLIP_SEARCH_QUOTA_PICTURES]' -r -f -a "(__fish_complete_directories)"
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from add" -l saved -d 'folder of the pictures that `POST /pictures` saves, which needs a token; empty: none are saved [CLIP_SEARCH_SAVED]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from add" -l space -d 'Hugging Face Space to search with: its address, that of its page on the hub, or user/name [CLIP_SEARCH_SPACE]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from add" -l space-api -d 'function of the Space, by name or number; empty: the one that searches pictures [CLIP_SEARCH_SPACE_API]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from add" -l space-args -d 'arguments for the Space as JSON: an array, or an object by parameter name; {query}, {limit}, {image} and {type} are filled in; empty: by the kinds of its inputs [CLIP_SEARCH_SPACE_ARGS]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from add" -l space-login-file -d 'file with user:password for a Space that asks for a login of its own; or systemd credential `space-login` [CLIP_SEARCH_SPACE_LOGIN_FILE]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from add" -l timeout -d 'time limit for one search, 1s to 10m [default: 25s] [CLIP_SEARCH_TIMEOUT]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from add" -l token-file -d 'file with the bearer token that clients must send; or systemd credential `search-token` [CLIP_SEARCH_TOKEN_FILE]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from add" -l workers -d 'searches at the same time, 1 to 512 [default: 32] [CLIP_SEARCH_WORKERS]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from add" -l fast -d 'stay with quick integers as long as vectors come roughly near exact ones'
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from add" -l exact -d 'encode every picture exactly, even where quick integers come near'
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from add" -l rebuild -d 'encode every picture again'
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from add" -l follow -d 'follow links to files, from now on'
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from add" -l prune -d 'remove pictures, too, whose folder or disk is not there'
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from add" -l even-if-empty -d 'the same as --prune'
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from add" -l list-skipped -d 'name every file that is not read, not only the first ones of each kind'
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from add" -s V -l version -d 'Print version'
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from compact" -l cache -d 'folder where smaller pictures are kept, at most 256 MiB; empty: systemd\'s CacheDirectory, else the user\'s cache folder [CLIP_SEARCH_CACHE]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from compact" -l cors -d 'pages of other servers that may read answers: origins by comma, such as `https://photos.example`, or `*` for all [CLIP_SEARCH_CORS]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from compact" -l engine -d 'search engine: `clip`, `space` or `mock`; empty: `space` if CLIP_SEARCH_SPACE is set, else `clip` [CLIP_SEARCH_ENGINE]' -r -f -a "clip\t''
space\t''
mock\t''
space\t''
clip\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from compact" -l hf-token-file -d 'file with the Hugging Face token; or systemd credential `hf-token` [CLIP_SEARCH_HF_TOKEN_FILE]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from compact" -l hub -d 'address of the hub, where Spaces are looked up and models are downloaded [default: https://huggingface.co] [CLIP_SEARCH_HUB]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from compact" -l idle -d 'exit after this time without a request, for socket activation; empty: never [CLIP_SEARCH_IDLE]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from compact" -l index -d 'folder of the picture index; empty: the built-in pictures [CLIP_SEARCH_INDEX]' -r -f -a "(__fish_complete_directories)"
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from compact" -l listen -d 'address and port to listen on; a socket passed by systemd takes precedence [default: 127.0.0.1:8080] [CLIP_SEARCH_LISTEN]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from compact" -l log -d 'log level: `off`, `error`, `warn`, `info`, `debug` or `trace` [default: info] [CLIP_SEARCH_LOG]' -r -f -a "off\t''
error\t''
warn\t''
info\t''
debug\t''
trace\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from compact" -l min-score -d 'how similar a picture found by a text query must be: `strict`, `normal`, `loose`, or the lowest cosine, -1 to 1; empty: `normal` for the built-in model, else no limit [CLIP_SEARCH_MIN_SCORE]' -r -f -a "strict\t''
normal\t''
loose\t''
normal\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from compact" -l model -d 'file of the CLIP model, or the name of a known one, which is fetched once; empty: the one that was named for the index, else the small built-in model, which knows drawings only [CLIP_SEARCH_MODEL]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from compact" -l open -d 'whether anybody may search who reaches the address, where it is not loopback and no token is set: `yes` or `no` [default: no] [CLIP_SEARCH_OPEN]' -r -f -a "yes\t''
no\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from compact" -l page -d 'the page at `/` for people with a browser, `on` or `off`; empty: `on` unless a token is set [CLIP_SEARCH_PAGE]' -r -f -a "on\t''
off\t''
on\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from compact" -l public-base -d 'base address of the pictures\' URLs; the path below the indexed folder, or a Space\'s base name, is appended [CLIP_SEARCH_PUBLIC_BASE]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from compact" -l public-url -d 'address by which others reach this endpoint, such as a proxy\'s, with its path; addresses in answers start with it; empty: the caller\'s `Host` [CLIP_SEARCH_PUBLIC_URL]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from compact" -l qdrant -d 'URL of a Qdrant collection that holds the index, in place of a folder [CLIP_SEARCH_QDRANT]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from compact" -l qdrant-key-file -d 'file with the API key for Qdrant; or systemd credential `qdrant-key` [CLIP_SEARCH_QDRANT_KEY_FILE]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from compact" -l quota-mb -d 'most megabytes of kept files in each collection of saved pictures [default: 2000] [CLIP_SEARCH_QUOTA_MB]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from compact" -l quota-pictures -d 'most pictures in each collection of saved pictures [default: 100000] [CLIP_SEARCH_QUOTA_PICTURES]' -r -f -a "(__fish_complete_directories)"
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from compact" -l saved -d 'folder of the pictures that `POST /pictures` saves, which needs a token; empty: none are saved [CLIP_SEARCH_SAVED]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from compact" -l space -d 'Hugging Face Space to search with: its address, that of its page on the hub, or user/name [CLIP_SEARCH_SPACE]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from compact" -l space-api -d 'function of the Space, by name or number; empty: the one that searches pictures [CLIP_SEARCH_SPACE_API]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from compact" -l space-args -d 'arguments for the Space as JSON: an array, or an object by parameter name; {query}, {limit}, {image} and {type} are filled in; empty: by the kinds of its inputs [CLIP_SEARCH_SPACE_ARGS]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from compact" -l space-login-file -d 'file with user:password for a Space that asks for a login of its own; or systemd credential `space-login` [CLIP_SEARCH_SPACE_LOGIN_FILE]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from compact" -l timeout -d 'time limit for one search, 1s to 10m [default: 25s] [CLIP_SEARCH_TIMEOUT]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from compact" -l token-file -d 'file with the bearer token that clients must send; or systemd credential `search-token` [CLIP_SEARCH_TOKEN_FILE]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from compact" -l workers -d 'searches at the same time, 1 to 512 [default: 32] [CLIP_SEARCH_WORKERS]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from compact" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from compact" -s V -l version -d 'Print version'
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from info" -l cache -d 'folder where smaller pictures are kept, at most 256 MiB; empty: systemd\'s CacheDirectory, else the user\'s cache folder [CLIP_SEARCH_CACHE]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from info" -l cors -d 'pages of other servers that may read answers: origins by comma, such as `https://photos.example`, or `*` for all [CLIP_SEARCH_CORS]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from info" -l engine -d 'search engine: `clip`, `space` or `mock`; empty: `space` if CLIP_SEARCH_SPACE is set, else `clip` [CLIP_SEARCH_ENGINE]' -r -f -a "clip\t''
space\t''
mock\t''
space\t''
clip\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from info" -l hf-token-file -d 'file with the Hugging Face token; or systemd credential `hf-token` [CLIP_SEARCH_HF_TOKEN_FILE]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from info" -l hub -d 'address of the hub, where Spaces are looked up and models are downloaded [default: https://huggingface.co] [CLIP_SEARCH_HUB]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from info" -l idle -d 'exit after this time without a request, for socket activation; empty: never [CLIP_SEARCH_IDLE]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from info" -l index -d 'folder of the picture index; empty: the built-in pictures [CLIP_SEARCH_INDEX]' -r -f -a "(__fish_complete_directories)"
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from info" -l listen -d 'address and port to listen on; a socket passed by systemd takes precedence [default: 127.0.0.1:8080] [CLIP_SEARCH_LISTEN]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from info" -l log -d 'log level: `off`, `error`, `warn`, `info`, `debug` or `trace` [default: info] [CLIP_SEARCH_LOG]' -r -f -a "off\t''
error\t''
warn\t''
info\t''
debug\t''
trace\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from info" -l min-score -d 'how similar a picture found by a text query must be: `strict`, `normal`, `loose`, or the lowest cosine, -1 to 1; empty: `normal` for the built-in model, else no limit [CLIP_SEARCH_MIN_SCORE]' -r -f -a "strict\t''
normal\t''
loose\t''
normal\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from info" -l model -d 'file of the CLIP model, or the name of a known one, which is fetched once; empty: the one that was named for the index, else the small built-in model, which knows drawings only [CLIP_SEARCH_MODEL]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from info" -l open -d 'whether anybody may search who reaches the address, where it is not loopback and no token is set: `yes` or `no` [default: no] [CLIP_SEARCH_OPEN]' -r -f -a "yes\t''
no\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from info" -l page -d 'the page at `/` for people with a browser, `on` or `off`; empty: `on` unless a token is set [CLIP_SEARCH_PAGE]' -r -f -a "on\t''
off\t''
on\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from info" -l public-base -d 'base address of the pictures\' URLs; the path below the indexed folder, or a Space\'s base name, is appended [CLIP_SEARCH_PUBLIC_BASE]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from info" -l public-url -d 'address by which others reach this endpoint, such as a proxy\'s, with its path; addresses in answers start with it; empty: the caller\'s `Host` [CLIP_SEARCH_PUBLIC_URL]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from info" -l qdrant -d 'URL of a Qdrant collection that holds the index, in place of a folder [CLIP_SEARCH_QDRANT]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from info" -l qdrant-key-file -d 'file with the API key for Qdrant; or systemd credential `qdrant-key` [CLIP_SEARCH_QDRANT_KEY_FILE]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from info" -l quota-mb -d 'most megabytes of kept files in each collection of saved pictures [default: 2000] [CLIP_SEARCH_QUOTA_MB]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from info" -l quota-pictures -d 'most pictures in each collection of saved pictures [default: 100000] [CLIP_SEARCH_QUOTA_PICTURES]' -r -f -a "(__fish_complete_directories)"
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from info" -l saved -d 'folder of the pictures that `POST /pictures` saves, which needs a token; empty: none are saved [CLIP_SEARCH_SAVED]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from info" -l space -d 'Hugging Face Space to search with: its address, that of its page on the hub, or user/name [CLIP_SEARCH_SPACE]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from info" -l space-api -d 'function of the Space, by name or number; empty: the one that searches pictures [CLIP_SEARCH_SPACE_API]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from info" -l space-args -d 'arguments for the Space as JSON: an array, or an object by parameter name; {query}, {limit}, {image} and {type} are filled in; empty: by the kinds of its inputs [CLIP_SEARCH_SPACE_ARGS]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from info" -l space-login-file -d 'file with user:password for a Space that asks for a login of its own; or systemd credential `space-login` [CLIP_SEARCH_SPACE_LOGIN_FILE]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from info" -l timeout -d 'time limit for one search, 1s to 10m [default: 25s] [CLIP_SEARCH_TIMEOUT]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from info" -l token-file -d 'file with the bearer token that clients must send; or systemd credential `search-token` [CLIP_SEARCH_TOKEN_FILE]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from info" -l workers -d 'searches at the same time, 1 to 512 [default: 32] [CLIP_SEARCH_WORKERS]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from info" -l json -d 'print JSON, for scripts'
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from info" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from info" -s V -l version -d 'Print version'
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from push" -l cache -d 'folder where smaller pictures are kept, at most 256 MiB; empty: systemd\'s CacheDirectory, else the user\'s cache folder [CLIP_SEARCH_CACHE]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from push" -l cors -d 'pages of other servers that may read answers: origins by comma, such as `https://photos.example`, or `*` for all [CLIP_SEARCH_CORS]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from push" -l engine -d 'search engine: `clip`, `space` or `mock`; empty: `space` if CLIP_SEARCH_SPACE is set, else `clip` [CLIP_SEARCH_ENGINE]' -r -f -a "clip\t''
space\t''
mock\t''
space\t''
clip\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from push" -l hf-token-file -d 'file with the Hugging Face token; or systemd credential `hf-token` [CLIP_SEARCH_HF_TOKEN_FILE]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from push" -l hub -d 'address of the hub, where Spaces are looked up and models are downloaded [default: https://huggingface.co] [CLIP_SEARCH_HUB]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from push" -l idle -d 'exit after this time without a request, for socket activation; empty: never [CLIP_SEARCH_IDLE]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from push" -l index -d 'folder of the picture index; empty: the built-in pictures [CLIP_SEARCH_INDEX]' -r -f -a "(__fish_complete_directories)"
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from push" -l listen -d 'address and port to listen on; a socket passed by systemd takes precedence [default: 127.0.0.1:8080] [CLIP_SEARCH_LISTEN]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from push" -l log -d 'log level: `off`, `error`, `warn`, `info`, `debug` or `trace` [default: info] [CLIP_SEARCH_LOG]' -r -f -a "off\t''
error\t''
warn\t''
info\t''
debug\t''
trace\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from push" -l min-score -d 'how similar a picture found by a text query must be: `strict`, `normal`, `loose`, or the lowest cosine, -1 to 1; empty: `normal` for the built-in model, else no limit [CLIP_SEARCH_MIN_SCORE]' -r -f -a "strict\t''
normal\t''
loose\t''
normal\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from push" -l model -d 'file of the CLIP model, or the name of a known one, which is fetched once; empty: the one that was named for the index, else the small built-in model, which knows drawings only [CLIP_SEARCH_MODEL]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from push" -l open -d 'whether anybody may search who reaches the address, where it is not loopback and no token is set: `yes` or `no` [default: no] [CLIP_SEARCH_OPEN]' -r -f -a "yes\t''
no\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from push" -l page -d 'the page at `/` for people with a browser, `on` or `off`; empty: `on` unless a token is set [CLIP_SEARCH_PAGE]' -r -f -a "on\t''
off\t''
on\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from push" -l public-base -d 'base address of the pictures\' URLs; the path below the indexed folder, or a Space\'s base name, is appended [CLIP_SEARCH_PUBLIC_BASE]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from push" -l public-url -d 'address by which others reach this endpoint, such as a proxy\'s, with its path; addresses in answers start with it; empty: the caller\'s `Host` [CLIP_SEARCH_PUBLIC_URL]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from push" -l qdrant -d 'URL of a Qdrant collection that holds the index, in place of a folder [CLIP_SEARCH_QDRANT]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from push" -l qdrant-key-file -d 'file with the API key for Qdrant; or systemd credential `qdrant-key` [CLIP_SEARCH_QDRANT_KEY_FILE]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from push" -l quota-mb -d 'most megabytes of kept files in each collection of saved pictures [default: 2000] [CLIP_SEARCH_QUOTA_MB]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from push" -l quota-pictures -d 'most pictures in each collection of saved pictures [default: 100000] [CLIP_SEARCH_QUOTA_PICTURES]' -r -f -a "(__fish_complete_directories)"
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from push" -l saved -d 'folder of the pictures that `POST /pictures` saves, which needs a token; empty: none are saved [CLIP_SEARCH_SAVED]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from push" -l space -d 'Hugging Face Space to search with: its address, that of its page on the hub, or user/name [CLIP_SEARCH_SPACE]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from push" -l space-api -d 'function of the Space, by name or number; empty: the one that searches pictures [CLIP_SEARCH_SPACE_API]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from push" -l space-args -d 'arguments for the Space as JSON: an array, or an object by parameter name; {query}, {limit}, {image} and {type} are filled in; empty: by the kinds of its inputs [CLIP_SEARCH_SPACE_ARGS]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from push" -l space-login-file -d 'file with user:password for a Space that asks for a login of its own; or systemd credential `space-login` [CLIP_SEARCH_SPACE_LOGIN_FILE]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from push" -l timeout -d 'time limit for one search, 1s to 10m [default: 25s] [CLIP_SEARCH_TIMEOUT]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from push" -l token-file -d 'file with the bearer token that clients must send; or systemd credential `search-token` [CLIP_SEARCH_TOKEN_FILE]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from push" -l workers -d 'searches at the same time, 1 to 512 [default: 32] [CLIP_SEARCH_WORKERS]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from push" -l yes -d 'remove without asking what is in the collection and not in the index'
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from push" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from push" -s V -l version -d 'Print version'
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from remove" -l cache -d 'folder where smaller pictures are kept, at most 256 MiB; empty: systemd\'s CacheDirectory, else the user\'s cache folder [CLIP_SEARCH_CACHE]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from remove" -l cors -d 'pages of other servers that may read answers: origins by comma, such as `https://photos.example`, or `*` for all [CLIP_SEARCH_CORS]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from remove" -l engine -d 'search engine: `clip`, `space` or `mock`; empty: `space` if CLIP_SEARCH_SPACE is set, else `clip` [CLIP_SEARCH_ENGINE]' -r -f -a "clip\t''
space\t''
mock\t''
space\t''
clip\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from remove" -l hf-token-file -d 'file with the Hugging Face token; or systemd credential `hf-token` [CLIP_SEARCH_HF_TOKEN_FILE]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from remove" -l hub -d 'address of the hub, where Spaces are looked up and models are downloaded [default: https://huggingface.co] [CLIP_SEARCH_HUB]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from remove" -l idle -d 'exit after this time without a request, for socket activation; empty: never [CLIP_SEARCH_IDLE]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from remove" -l index -d 'folder of the picture index; empty: the built-in pictures [CLIP_SEARCH_INDEX]' -r -f -a "(__fish_complete_directories)"
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from remove" -l listen -d 'address and port to listen on; a socket passed by systemd takes precedence [default: 127.0.0.1:8080] [CLIP_SEARCH_LISTEN]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from remove" -l log -d 'log level: `off`, `error`, `warn`, `info`, `debug` or `trace` [default: info] [CLIP_SEARCH_LOG]' -r -f -a "off\t''
error\t''
warn\t''
info\t''
debug\t''
trace\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from remove" -l min-score -d 'how similar a picture found by a text query must be: `strict`, `normal`, `loose`, or the lowest cosine, -1 to 1; empty: `normal` for the built-in model, else no limit [CLIP_SEARCH_MIN_SCORE]' -r -f -a "strict\t''
normal\t''
loose\t''
normal\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from remove" -l model -d 'file of the CLIP model, or the name of a known one, which is fetched once; empty: the one that was named for the index, else the small built-in model, which knows drawings only [CLIP_SEARCH_MODEL]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from remove" -l open -d 'whether anybody may search who reaches the address, where it is not loopback and no token is set: `yes` or `no` [default: no] [CLIP_SEARCH_OPEN]' -r -f -a "yes\t''
no\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from remove" -l page -d 'the page at `/` for people with a browser, `on` or `off`; empty: `on` unless a token is set [CLIP_SEARCH_PAGE]' -r -f -a "on\t''
off\t''
on\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from remove" -l public-base -d 'base address of the pictures\' URLs; the path below the indexed folder, or a Space\'s base name, is appended [CLIP_SEARCH_PUBLIC_BASE]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from remove" -l public-url -d 'address by which others reach this endpoint, such as a proxy\'s, with its path; addresses in answers start with it; empty: the caller\'s `Host` [CLIP_SEARCH_PUBLIC_URL]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from remove" -l qdrant -d 'URL of a Qdrant collection that holds the index, in place of a folder [CLIP_SEARCH_QDRANT]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from remove" -l qdrant-key-file -d 'file with the API key for Qdrant; or systemd credential `qdrant-key` [CLIP_SEARCH_QDRANT_KEY_FILE]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from remove" -l quota-mb -d 'most megabytes of kept files in each collection of saved pictures [default: 2000] [CLIP_SEARCH_QUOTA_MB]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from remove" -l quota-pictures -d 'most pictures in each collection of saved pictures [default: 100000] [CLIP_SEARCH_QUOTA_PICTURES]' -r -f -a "(__fish_complete_directories)"
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from remove" -l saved -d 'folder of the pictures that `POST /pictures` saves, which needs a token; empty: none are saved [CLIP_SEARCH_SAVED]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from remove" -l space -d 'Hugging Face Space to search with: its address, that of its page on the hub, or user/name [CLIP_SEARCH_SPACE]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from remove" -l space-api -d 'function of the Space, by name or number; empty: the one that searches pictures [CLIP_SEARCH_SPACE_API]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from remove" -l space-args -d 'arguments for the Space as JSON: an array, or an object by parameter name; {query}, {limit}, {image} and {type} are filled in; empty: by the kinds of its inputs [CLIP_SEARCH_SPACE_ARGS]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from remove" -l space-login-file -d 'file with user:password for a Space that asks for a login of its own; or systemd credential `space-login` [CLIP_SEARCH_SPACE_LOGIN_FILE]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from remove" -l timeout -d 'time limit for one search, 1s to 10m [default: 25s] [CLIP_SEARCH_TIMEOUT]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from remove" -l token-file -d 'file with the bearer token that clients must send; or systemd credential `search-token` [CLIP_SEARCH_TOKEN_FILE]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from remove" -l workers -d 'searches at the same time, 1 to 512 [default: 32] [CLIP_SEARCH_WORKERS]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from remove" -s V -l version -d 'Print version'
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from verify" -l cache -d 'folder where smaller pictures are kept, at most 256 MiB; empty: systemd\'s CacheDirectory, else the user\'s cache folder [CLIP_SEARCH_CACHE]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from verify" -l cors -d 'pages of other servers that may read answers: origins by comma, such as `https://photos.example`, or `*` for all [CLIP_SEARCH_CORS]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from verify" -l engine -d 'search engine: `clip`, `space` or `mock`; empty: `space` if CLIP_SEARCH_SPACE is set, else `clip` [CLIP_SEARCH_ENGINE]' -r -f -a "clip\t''
space\t''
mock\t''
space\t''
clip\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from verify" -l hf-token-file -d 'file with the Hugging Face token; or systemd credential `hf-token` [CLIP_SEARCH_HF_TOKEN_FILE]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from verify" -l hub -d 'address of the hub, where Spaces are looked up and models are downloaded [default: https://huggingface.co] [CLIP_SEARCH_HUB]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from verify" -l idle -d 'exit after this time without a request, for socket activation; empty: never [CLIP_SEARCH_IDLE]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from verify" -l index -d 'folder of the picture index; empty: the built-in pictures [CLIP_SEARCH_INDEX]' -r -f -a "(__fish_complete_directories)"
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from verify" -l listen -d 'address and port to listen on; a socket passed by systemd takes precedence [default: 127.0.0.1:8080] [CLIP_SEARCH_LISTEN]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from verify" -l log -d 'log level: `off`, `error`, `warn`, `info`, `debug` or `trace` [default: info] [CLIP_SEARCH_LOG]' -r -f -a "off\t''
error\t''
warn\t''
info\t''
debug\t''
trace\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from verify" -l min-score -d 'how similar a picture found by a text query must be: `strict`, `normal`, `loose`, or the lowest cosine, -1 to 1; empty: `normal` for the built-in model, else no limit [CLIP_SEARCH_MIN_SCORE]' -r -f -a "strict\t''
normal\t''
loose\t''
normal\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from verify" -l model -d 'file of the CLIP model, or the name of a known one, which is fetched once; empty: the one that was named for the index, else the small built-in model, which knows drawings only [CLIP_SEARCH_MODEL]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from verify" -l open -d 'whether anybody may search who reaches the address, where it is not loopback and no token is set: `yes` or `no` [default: no] [CLIP_SEARCH_OPEN]' -r -f -a "yes\t''
no\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from verify" -l page -d 'the page at `/` for people with a browser, `on` or `off`; empty: `on` unless a token is set [CLIP_SEARCH_PAGE]' -r -f -a "on\t''
off\t''
on\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from verify" -l public-base -d 'base address of the pictures\' URLs; the path below the indexed folder, or a Space\'s base name, is appended [CLIP_SEARCH_PUBLIC_BASE]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from verify" -l public-url -d 'address by which others reach this endpoint, such as a proxy\'s, with its path; addresses in answers start with it; empty: the caller\'s `Host` [CLIP_SEARCH_PUBLIC_URL]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from verify" -l qdrant -d 'URL of a Qdrant collection that holds the index, in place of a folder [CLIP_SEARCH_QDRANT]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from verify" -l qdrant-key-file -d 'file with the API key for Qdrant; or systemd credential `qdrant-key` [CLIP_SEARCH_QDRANT_KEY_FILE]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from verify" -l quota-mb -d 'most megabytes of kept files in each collection of saved pictures [default: 2000] [CLIP_SEARCH_QUOTA_MB]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from verify" -l quota-pictures -d 'most pictures in each collection of saved pictures [default: 100000] [CLIP_SEARCH_QUOTA_PICTURES]' -r -f -a "(__fish_complete_directories)"
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from verify" -l saved -d 'folder of the pictures that `POST /pictures` saves, which needs a token; empty: none are saved [CLIP_SEARCH_SAVED]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from verify" -l space -d 'Hugging Face Space to search with: its address, that of its page on the hub, or user/name [CLIP_SEARCH_SPACE]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from verify" -l space-api -d 'function of the Space, by name or number; empty: the one that searches pictures [CLIP_SEARCH_SPACE_API]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from verify" -l space-args -d 'arguments for the Space as JSON: an array, or an object by parameter name; {query}, {limit}, {image} and {type} are filled in; empty: by the kinds of its inputs [CLIP_SEARCH_SPACE_ARGS]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from verify" -l space-login-file -d 'file with user:password for a Space that asks for a login of its own; or systemd credential `space-login` [CLIP_SEARCH_SPACE_LOGIN_FILE]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from verify" -l timeout -d 'time limit for one search, 1s to 10m [default: 25s] [CLIP_SEARCH_TIMEOUT]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from verify" -l token-file -d 'file with the bearer token that clients must send; or systemd credential `search-token` [CLIP_SEARCH_TOKEN_FILE]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from verify" -l workers -d 'searches at the same time, 1 to 512 [default: 32] [CLIP_SEARCH_WORKERS]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from verify" -s V -l version -d 'Print version'
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from help" -f -a "add" -d 'index the pictures of folders and lists, and what changed in them'
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from help" -f -a "compact" -d 'clear what was forgotten of saved pictures from the disk, as serve does by itself each day'
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from help" -f -a "info" -d 'print what the index holds'
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from help" -f -a "push" -d 'copy the index to a collection in Qdrant'
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from help" -f -a "remove" -d 'remove pictures from the index'
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from help" -f -a "verify" -d 'read the whole index and report what is damaged'
complete -c clip-search -n "__fish_clip_search_using_subcommand index; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and not __fish_seen_subcommand_from list fetch convert info help" -l cache -d 'folder where smaller pictures are kept, at most 256 MiB; empty: systemd\'s CacheDirectory, else the user\'s cache folder [CLIP_SEARCH_CACHE]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and not __fish_seen_subcommand_from list fetch convert info help" -l cors -d 'pages of other servers that may read answers: origins by comma, such as `https://photos.example`, or `*` for all [CLIP_SEARCH_CORS]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and not __fish_seen_subcommand_from list fetch convert info help" -l engine -d 'search engine: `clip`, `space` or `mock`; empty: `space` if CLIP_SEARCH_SPACE is set, else `clip` [CLIP_SEARCH_ENGINE]' -r -f -a "clip\t''
space\t''
mock\t''
space\t''
clip\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and not __fish_seen_subcommand_from list fetch convert info help" -l hf-token-file -d 'file with the Hugging Face token; or systemd credential `hf-token` [CLIP_SEARCH_HF_TOKEN_FILE]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and not __fish_seen_subcommand_from list fetch convert info help" -l hub -d 'address of the hub, where Spaces are looked up and models are downloaded [default: https://huggingface.co] [CLIP_SEARCH_HUB]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and not __fish_seen_subcommand_from list fetch convert info help" -l idle -d 'exit after this time without a request, for socket activation; empty: never [CLIP_SEARCH_IDLE]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and not __fish_seen_subcommand_from list fetch convert info help" -l index -d 'folder of the picture index; empty: the built-in pictures [CLIP_SEARCH_INDEX]' -r -f -a "(__fish_complete_directories)"
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and not __fish_seen_subcommand_from list fetch convert info help" -l listen -d 'address and port to listen on; a socket passed by systemd takes precedence [default: 127.0.0.1:8080] [CLIP_SEARCH_LISTEN]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and not __fish_seen_subcommand_from list fetch convert info help" -l log -d 'log level: `off`, `error`, `warn`, `info`, `debug` or `trace` [default: info] [CLIP_SEARCH_LOG]' -r -f -a "off\t''
error\t''
warn\t''
info\t''
debug\t''
trace\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and not __fish_seen_subcommand_from list fetch convert info help" -l min-score -d 'how similar a picture found by a text query must be: `strict`, `normal`, `loose`, or the lowest cosine, -1 to 1; empty: `normal` for the built-in model, else no limit [CLIP_SEARCH_MIN_SCORE]' -r -f -a "strict\t''
normal\t''
loose\t''
normal\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and not __fish_seen_subcommand_from list fetch convert info help" -l model -d 'file of the CLIP model, or the name of a known one, which is fetched once; empty: the one that was named for the index, else the small built-in model, which knows drawings only [CLIP_SEARCH_MODEL]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and not __fish_seen_subcommand_from list fetch convert info help" -l open -d 'whether anybody may search who reaches the address, where it is not loopback and no token is set: `yes` or `no` [default: no] [CLIP_SEARCH_OPEN]' -r -f -a "yes\t''
no\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and not __fish_seen_subcommand_from list fetch convert info help" -l page -d 'the page at `/` for people with a browser, `on` or `off`; empty: `on` unless a token is set [CLIP_SEARCH_PAGE]' -r -f -a "on\t''
off\t''
on\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and not __fish_seen_subcommand_from list fetch convert info help" -l public-base -d 'base address of the pictures\' URLs; the path below the indexed folder, or a Space\'s base name, is appended [CLIP_SEARCH_PUBLIC_BASE]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and not __fish_seen_subcommand_from list fetch convert info help" -l public-url -d 'address by which others reach this endpoint, such as a proxy\'s, with its path; addresses in answers start with it; empty: the caller\'s `Host` [CLIP_SEARCH_PUBLIC_URL]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and not __fish_seen_subcommand_from list fetch convert info help" -l qdrant -d 'URL of a Qdrant collection that holds the index, in place of a folder [CLIP_SEARCH_QDRANT]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and not __fish_seen_subcommand_from list fetch convert info help" -l qdrant-key-file -d 'file with the API key for Qdrant; or systemd credential `qdrant-key` [CLIP_SEARCH_QDRANT_KEY_FILE]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and not __fish_seen_subcommand_from list fetch convert info help" -l quota-mb -d 'most megabytes of kept files in each collection of saved pictures [default: 2000] [CLIP_SEARCH_QUOTA_MB]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and not __fish_seen_subcommand_from list fetch convert info help" -l quota-pictures -d 'most pictures in each collection of saved pictures [default: 100000] [CLIP_SEARCH_QUOTA_PICTURES]' -r -f -a "(__fish_complete_directories)"
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and not __fish_seen_subcommand_from list fetch convert info help" -l saved -d 'folder of the pictures that `POST /pictures` saves, which needs a token; empty: none are saved [CLIP_SEARCH_SAVED]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and not __fish_seen_subcommand_from list fetch convert info help" -l space -d 'Hugging Face Space to search with: its address, that of its page on the hub, or user/name [CLIP_SEARCH_SPACE]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and not __fish_seen_subcommand_from list fetch convert info help" -l space-api -d 'function of the Space, by name or number; empty: the one that searches pictures [CLIP_SEARCH_SPACE_API]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and not __fish_seen_subcommand_from list fetch convert info help" -l space-args -d 'arguments for the Space as JSON: an array, or an object by parameter name; {query}, {limit}, {image} and {type} are filled in; empty: by the kinds of its inputs [CLIP_SEARCH_SPACE_ARGS]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and not __fish_seen_subcommand_from list fetch convert info help" -l space-login-file -d 'file with user:password for a Space that asks for a login of its own; or systemd credential `space-login` [CLIP_SEARCH_SPACE_LOGIN_FILE]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and not __fish_seen_subcommand_from list fetch convert info help" -l timeout -d 'time limit for one search, 1s to 10m [default: 25s] [CLIP_SEARCH_TIMEOUT]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and not __fish_seen_subcommand_from list fetch convert info help" -l token-file -d 'file with the bearer token that clients must send; or systemd credential `search-token` [CLIP_SEARCH_TOKEN_FILE]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and not __fish_seen_subcommand_from list fetch convert info help" -l workers -d 'searches at the same time, 1 to 512 [default: 32] [CLIP_SEARCH_WORKERS]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and not __fish_seen_subcommand_from list fetch convert info help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and not __fish_seen_subcommand_from list fetch convert info help" -s V -l version -d 'Print version'
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and not __fish_seen_subcommand_from list fetch convert info help" -f -a "list" -d 'list the models that can be fetched'
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and not __fish_seen_subcommand_from list fetch convert info help" -f -a "fetch" -d 'fetch a model from the hub and convert it'
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and not __fish_seen_subcommand_from list fetch convert info help" -f -a "convert" -d 'make a model file from a checkpoint'
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and not __fish_seen_subcommand_from list fetch convert info help" -f -a "info" -d 'print what a model file holds and whether it is intact'
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and not __fish_seen_subcommand_from list fetch convert info help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from list" -l cache -d 'folder where smaller pictures are kept, at most 256 MiB; empty: systemd\'s CacheDirectory, else the user\'s cache folder [CLIP_SEARCH_CACHE]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from list" -l cors -d 'pages of other servers that may read answers: origins by comma, such as `https://photos.example`, or `*` for all [CLIP_SEARCH_CORS]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from list" -l engine -d 'search engine: `clip`, `space` or `mock`; empty: `space` if CLIP_SEARCH_SPACE is set, else `clip` [CLIP_SEARCH_ENGINE]' -r -f -a "clip\t''
space\t''
mock\t''
space\t''
clip\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from list" -l hf-token-file -d 'file with the Hugging Face token; or systemd credential `hf-token` [CLIP_SEARCH_HF_TOKEN_FILE]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from list" -l hub -d 'address of the hub, where Spaces are looked up and models are downloaded [default: https://huggingface.co] [CLIP_SEARCH_HUB]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from list" -l idle -d 'exit after this time without a request, for socket activation; empty: never [CLIP_SEARCH_IDLE]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from list" -l index -d 'folder of the picture index; empty: the built-in pictures [CLIP_SEARCH_INDEX]' -r -f -a "(__fish_complete_directories)"
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from list" -l listen -d 'address and port to listen on; a socket passed by systemd takes precedence [default: 127.0.0.1:8080] [CLIP_SEARCH_LISTEN]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from list" -l log -d 'log level: `off`, `error`, `warn`, `info`, `debug` or `trace` [default: info] [CLIP_SEARCH_LOG]' -r -f -a "off\t''
error\t''
warn\t''
info\t''
debug\t''
trace\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from list" -l min-score -d 'how similar a picture found by a text query must be: `strict`, `normal`, `loose`, or the lowest cosine, -1 to 1; empty: `normal` for the built-in model, else no limit [CLIP_SEARCH_MIN_SCORE]' -r -f -a "strict\t''
normal\t''
loose\t''
normal\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from list" -l model -d 'file of the CLIP model, or the name of a known one, which is fetched once; empty: the one that was named for the index, else the small built-in model, which knows drawings only [CLIP_SEARCH_MODEL]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from list" -l open -d 'whether anybody may search who reaches the address, where it is not loopback and no token is set: `yes` or `no` [default: no] [CLIP_SEARCH_OPEN]' -r -f -a "yes\t''
no\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from list" -l page -d 'the page at `/` for people with a browser, `on` or `off`; empty: `on` unless a token is set [CLIP_SEARCH_PAGE]' -r -f -a "on\t''
off\t''
on\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from list" -l public-base -d 'base address of the pictures\' URLs; the path below the indexed folder, or a Space\'s base name, is appended [CLIP_SEARCH_PUBLIC_BASE]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from list" -l public-url -d 'address by which others reach this endpoint, such as a proxy\'s, with its path; addresses in answers start with it; empty: the caller\'s `Host` [CLIP_SEARCH_PUBLIC_URL]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from list" -l qdrant -d 'URL of a Qdrant collection that holds the index, in place of a folder [CLIP_SEARCH_QDRANT]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from list" -l qdrant-key-file -d 'file with the API key for Qdrant; or systemd credential `qdrant-key` [CLIP_SEARCH_QDRANT_KEY_FILE]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from list" -l quota-mb -d 'most megabytes of kept files in each collection of saved pictures [default: 2000] [CLIP_SEARCH_QUOTA_MB]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from list" -l quota-pictures -d 'most pictures in each collection of saved pictures [default: 100000] [CLIP_SEARCH_QUOTA_PICTURES]' -r -f -a "(__fish_complete_directories)"
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from list" -l saved -d 'folder of the pictures that `POST /pictures` saves, which needs a token; empty: none are saved [CLIP_SEARCH_SAVED]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from list" -l space -d 'Hugging Face Space to search with: its address, that of its page on the hub, or user/name [CLIP_SEARCH_SPACE]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from list" -l space-api -d 'function of the Space, by name or number; empty: the one that searches pictures [CLIP_SEARCH_SPACE_API]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from list" -l space-args -d 'arguments for the Space as JSON: an array, or an object by parameter name; {query}, {limit}, {image} and {type} are filled in; empty: by the kinds of its inputs [CLIP_SEARCH_SPACE_ARGS]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from list" -l space-login-file -d 'file with user:password for a Space that asks for a login of its own; or systemd credential `space-login` [CLIP_SEARCH_SPACE_LOGIN_FILE]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from list" -l timeout -d 'time limit for one search, 1s to 10m [default: 25s] [CLIP_SEARCH_TIMEOUT]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from list" -l token-file -d 'file with the bearer token that clients must send; or systemd credential `search-token` [CLIP_SEARCH_TOKEN_FILE]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from list" -l workers -d 'searches at the same time, 1 to 512 [default: 32] [CLIP_SEARCH_WORKERS]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from list" -s V -l version -d 'Print version'
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from fetch" -l cache -d 'folder where smaller pictures are kept, at most 256 MiB; empty: systemd\'s CacheDirectory, else the user\'s cache folder [CLIP_SEARCH_CACHE]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from fetch" -l cors -d 'pages of other servers that may read answers: origins by comma, such as `https://photos.example`, or `*` for all [CLIP_SEARCH_CORS]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from fetch" -l engine -d 'search engine: `clip`, `space` or `mock`; empty: `space` if CLIP_SEARCH_SPACE is set, else `clip` [CLIP_SEARCH_ENGINE]' -r -f -a "clip\t''
space\t''
mock\t''
space\t''
clip\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from fetch" -l hf-token-file -d 'file with the Hugging Face token; or systemd credential `hf-token` [CLIP_SEARCH_HF_TOKEN_FILE]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from fetch" -l hub -d 'address of the hub, where Spaces are looked up and models are downloaded [default: https://huggingface.co] [CLIP_SEARCH_HUB]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from fetch" -l idle -d 'exit after this time without a request, for socket activation; empty: never [CLIP_SEARCH_IDLE]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from fetch" -l index -d 'folder of the picture index; empty: the built-in pictures [CLIP_SEARCH_INDEX]' -r -f -a "(__fish_complete_directories)"
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from fetch" -l listen -d 'address and port to listen on; a socket passed by systemd takes precedence [default: 127.0.0.1:8080] [CLIP_SEARCH_LISTEN]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from fetch" -l log -d 'log level: `off`, `error`, `warn`, `info`, `debug` or `trace` [default: info] [CLIP_SEARCH_LOG]' -r -f -a "off\t''
error\t''
warn\t''
info\t''
debug\t''
trace\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from fetch" -l min-score -d 'how similar a picture found by a text query must be: `strict`, `normal`, `loose`, or the lowest cosine, -1 to 1; empty: `normal` for the built-in model, else no limit [CLIP_SEARCH_MIN_SCORE]' -r -f -a "strict\t''
normal\t''
loose\t''
normal\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from fetch" -l model -d 'file of the CLIP model, or the name of a known one, which is fetched once; empty: the one that was named for the index, else the small built-in model, which knows drawings only [CLIP_SEARCH_MODEL]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from fetch" -l open -d 'whether anybody may search who reaches the address, where it is not loopback and no token is set: `yes` or `no` [default: no] [CLIP_SEARCH_OPEN]' -r -f -a "yes\t''
no\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from fetch" -l page -d 'the page at `/` for people with a browser, `on` or `off`; empty: `on` unless a token is set [CLIP_SEARCH_PAGE]' -r -f -a "on\t''
off\t''
on\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from fetch" -l public-base -d 'base address of the pictures\' URLs; the path below the indexed folder, or a Space\'s base name, is appended [CLIP_SEARCH_PUBLIC_BASE]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from fetch" -l public-url -d 'address by which others reach this endpoint, such as a proxy\'s, with its path; addresses in answers start with it; empty: the caller\'s `Host` [CLIP_SEARCH_PUBLIC_URL]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from fetch" -l qdrant -d 'URL of a Qdrant collection that holds the index, in place of a folder [CLIP_SEARCH_QDRANT]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from fetch" -l qdrant-key-file -d 'file with the API key for Qdrant; or systemd credential `qdrant-key` [CLIP_SEARCH_QDRANT_KEY_FILE]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from fetch" -l quota-mb -d 'most megabytes of kept files in each collection of saved pictures [default: 2000] [CLIP_SEARCH_QUOTA_MB]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from fetch" -l quota-pictures -d 'most pictures in each collection of saved pictures [default: 100000] [CLIP_SEARCH_QUOTA_PICTURES]' -r -f -a "(__fish_complete_directories)"
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from fetch" -l saved -d 'folder of the pictures that `POST /pictures` saves, which needs a token; empty: none are saved [CLIP_SEARCH_SAVED]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from fetch" -l space -d 'Hugging Face Space to search with: its address, that of its page on the hub, or user/name [CLIP_SEARCH_SPACE]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from fetch" -l space-api -d 'function of the Space, by name or number; empty: the one that searches pictures [CLIP_SEARCH_SPACE_API]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from fetch" -l space-args -d 'arguments for the Space as JSON: an array, or an object by parameter name; {query}, {limit}, {image} and {type} are filled in; empty: by the kinds of its inputs [CLIP_SEARCH_SPACE_ARGS]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from fetch" -l space-login-file -d 'file with user:password for a Space that asks for a login of its own; or systemd credential `space-login` [CLIP_SEARCH_SPACE_LOGIN_FILE]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from fetch" -l timeout -d 'time limit for one search, 1s to 10m [default: 25s] [CLIP_SEARCH_TIMEOUT]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from fetch" -l token-file -d 'file with the bearer token that clients must send; or systemd credential `search-token` [CLIP_SEARCH_TOKEN_FILE]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from fetch" -l workers -d 'searches at the same time, 1 to 512 [default: 32] [CLIP_SEARCH_WORKERS]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from fetch" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from fetch" -s V -l version -d 'Print version'
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from convert" -l cache -d 'folder where smaller pictures are kept, at most 256 MiB; empty: systemd\'s CacheDirectory, else the user\'s cache folder [CLIP_SEARCH_CACHE]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from convert" -l cors -d 'pages of other servers that may read answers: origins by comma, such as `https://photos.example`, or `*` for all [CLIP_SEARCH_CORS]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from convert" -l engine -d 'search engine: `clip`, `space` or `mock`; empty: `space` if CLIP_SEARCH_SPACE is set, else `clip` [CLIP_SEARCH_ENGINE]' -r -f -a "clip\t''
space\t''
mock\t''
space\t''
clip\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from convert" -l hf-token-file -d 'file with the Hugging Face token; or systemd credential `hf-token` [CLIP_SEARCH_HF_TOKEN_FILE]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from convert" -l hub -d 'address of the hub, where Spaces are looked up and models are downloaded [default: https://huggingface.co] [CLIP_SEARCH_HUB]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from convert" -l idle -d 'exit after this time without a request, for socket activation; empty: never [CLIP_SEARCH_IDLE]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from convert" -l index -d 'folder of the picture index; empty: the built-in pictures [CLIP_SEARCH_INDEX]' -r -f -a "(__fish_complete_directories)"
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from convert" -l listen -d 'address and port to listen on; a socket passed by systemd takes precedence [default: 127.0.0.1:8080] [CLIP_SEARCH_LISTEN]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from convert" -l log -d 'log level: `off`, `error`, `warn`, `info`, `debug` or `trace` [default: info] [CLIP_SEARCH_LOG]' -r -f -a "off\t''
error\t''
warn\t''
info\t''
debug\t''
trace\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from convert" -l min-score -d 'how similar a picture found by a text query must be: `strict`, `normal`, `loose`, or the lowest cosine, -1 to 1; empty: `normal` for the built-in model, else no limit [CLIP_SEARCH_MIN_SCORE]' -r -f -a "strict\t''
normal\t''
loose\t''
normal\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from convert" -l model -d 'file of the CLIP model, or the name of a known one, which is fetched once; empty: the one that was named for the index, else the small built-in model, which knows drawings only [CLIP_SEARCH_MODEL]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from convert" -l open -d 'whether anybody may search who reaches the address, where it is not loopback and no token is set: `yes` or `no` [default: no] [CLIP_SEARCH_OPEN]' -r -f -a "yes\t''
no\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from convert" -l page -d 'the page at `/` for people with a browser, `on` or `off`; empty: `on` unless a token is set [CLIP_SEARCH_PAGE]' -r -f -a "on\t''
off\t''
on\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from convert" -l public-base -d 'base address of the pictures\' URLs; the path below the indexed folder, or a Space\'s base name, is appended [CLIP_SEARCH_PUBLIC_BASE]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from convert" -l public-url -d 'address by which others reach this endpoint, such as a proxy\'s, with its path; addresses in answers start with it; empty: the caller\'s `Host` [CLIP_SEARCH_PUBLIC_URL]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from convert" -l qdrant -d 'URL of a Qdrant collection that holds the index, in place of a folder [CLIP_SEARCH_QDRANT]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from convert" -l qdrant-key-file -d 'file with the API key for Qdrant; or systemd credential `qdrant-key` [CLIP_SEARCH_QDRANT_KEY_FILE]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from convert" -l quota-mb -d 'most megabytes of kept files in each collection of saved pictures [default: 2000] [CLIP_SEARCH_QUOTA_MB]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from convert" -l quota-pictures -d 'most pictures in each collection of saved pictures [default: 100000] [CLIP_SEARCH_QUOTA_PICTURES]' -r -f -a "(__fish_complete_directories)"
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from convert" -l saved -d 'folder of the pictures that `POST /pictures` saves, which needs a token; empty: none are saved [CLIP_SEARCH_SAVED]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from convert" -l space -d 'Hugging Face Space to search with: its address, that of its page on the hub, or user/name [CLIP_SEARCH_SPACE]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from convert" -l space-api -d 'function of the Space, by name or number; empty: the one that searches pictures [CLIP_SEARCH_SPACE_API]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from convert" -l space-args -d 'arguments for the Space as JSON: an array, or an object by parameter name; {query}, {limit}, {image} and {type} are filled in; empty: by the kinds of its inputs [CLIP_SEARCH_SPACE_ARGS]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from convert" -l space-login-file -d 'file with user:password for a Space that asks for a login of its own; or systemd credential `space-login` [CLIP_SEARCH_SPACE_LOGIN_FILE]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from convert" -l timeout -d 'time limit for one search, 1s to 10m [default: 25s] [CLIP_SEARCH_TIMEOUT]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from convert" -l token-file -d 'file with the bearer token that clients must send; or systemd credential `search-token` [CLIP_SEARCH_TOKEN_FILE]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from convert" -l workers -d 'searches at the same time, 1 to 512 [default: 32] [CLIP_SEARCH_WORKERS]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from convert" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from convert" -s V -l version -d 'Print version'
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from info" -l cache -d 'folder where smaller pictures are kept, at most 256 MiB; empty: systemd\'s CacheDirectory, else the user\'s cache folder [CLIP_SEARCH_CACHE]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from info" -l cors -d 'pages of other servers that may read answers: origins by comma, such as `https://photos.example`, or `*` for all [CLIP_SEARCH_CORS]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from info" -l engine -d 'search engine: `clip`, `space` or `mock`; empty: `space` if CLIP_SEARCH_SPACE is set, else `clip` [CLIP_SEARCH_ENGINE]' -r -f -a "clip\t''
space\t''
mock\t''
space\t''
clip\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from info" -l hf-token-file -d 'file with the Hugging Face token; or systemd credential `hf-token` [CLIP_SEARCH_HF_TOKEN_FILE]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from info" -l hub -d 'address of the hub, where Spaces are looked up and models are downloaded [default: https://huggingface.co] [CLIP_SEARCH_HUB]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from info" -l idle -d 'exit after this time without a request, for socket activation; empty: never [CLIP_SEARCH_IDLE]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from info" -l index -d 'folder of the picture index; empty: the built-in pictures [CLIP_SEARCH_INDEX]' -r -f -a "(__fish_complete_directories)"
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from info" -l listen -d 'address and port to listen on; a socket passed by systemd takes precedence [default: 127.0.0.1:8080] [CLIP_SEARCH_LISTEN]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from info" -l log -d 'log level: `off`, `error`, `warn`, `info`, `debug` or `trace` [default: info] [CLIP_SEARCH_LOG]' -r -f -a "off\t''
error\t''
warn\t''
info\t''
debug\t''
trace\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from info" -l min-score -d 'how similar a picture found by a text query must be: `strict`, `normal`, `loose`, or the lowest cosine, -1 to 1; empty: `normal` for the built-in model, else no limit [CLIP_SEARCH_MIN_SCORE]' -r -f -a "strict\t''
normal\t''
loose\t''
normal\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from info" -l model -d 'file of the CLIP model, or the name of a known one, which is fetched once; empty: the one that was named for the index, else the small built-in model, which knows drawings only [CLIP_SEARCH_MODEL]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from info" -l open -d 'whether anybody may search who reaches the address, where it is not loopback and no token is set: `yes` or `no` [default: no] [CLIP_SEARCH_OPEN]' -r -f -a "yes\t''
no\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from info" -l page -d 'the page at `/` for people with a browser, `on` or `off`; empty: `on` unless a token is set [CLIP_SEARCH_PAGE]' -r -f -a "on\t''
off\t''
on\t''"
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from info" -l public-base -d 'base address of the pictures\' URLs; the path below the indexed folder, or a Space\'s base name, is appended [CLIP_SEARCH_PUBLIC_BASE]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from info" -l public-url -d 'address by which others reach this endpoint, such as a proxy\'s, with its path; addresses in answers start with it; empty: the caller\'s `Host` [CLIP_SEARCH_PUBLIC_URL]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from info" -l qdrant -d 'URL of a Qdrant collection that holds the index, in place of a folder [CLIP_SEARCH_QDRANT]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from info" -l qdrant-key-file -d 'file with the API key for Qdrant; or systemd credential `qdrant-key` [CLIP_SEARCH_QDRANT_KEY_FILE]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from info" -l quota-mb -d 'most megabytes of kept files in each collection of saved pictures [default: 2000] [CLIP_SEARCH_QUOTA_MB]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from info" -l quota-pictures -d 'most pictures in each collection of saved pictures [default: 100000] [CLIP_SEARCH_QUOTA_PICTURES]' -r -f -a "(__fish_complete_directories)"
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from info" -l saved -d 'folder of the pictures that `POST /pictures` saves, which needs a token; empty: none are saved [CLIP_SEARCH_SAVED]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from info" -l space -d 'Hugging Face Space to search with: its address, that of its page on the hub, or user/name [CLIP_SEARCH_SPACE]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from info" -l space-api -d 'function of the Space, by name or number; empty: the one that searches pictures [CLIP_SEARCH_SPACE_API]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from info" -l space-args -d 'arguments for the Space as JSON: an array, or an object by parameter name; {query}, {limit}, {image} and {type} are filled in; empty: by the kinds of its inputs [CLIP_SEARCH_SPACE_ARGS]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from info" -l space-login-file -d 'file with user:password for a Space that asks for a login of its own; or systemd credential `space-login` [CLIP_SEARCH_SPACE_LOGIN_FILE]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from info" -l timeout -d 'time limit for one search, 1s to 10m [default: 25s] [CLIP_SEARCH_TIMEOUT]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from info" -l token-file -d 'file with the bearer token that clients must send; or systemd credential `search-token` [CLIP_SEARCH_TOKEN_FILE]' -r -F
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from info" -l workers -d 'searches at the same time, 1 to 512 [default: 32] [CLIP_SEARCH_WORKERS]' -r -f
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from info" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from info" -s V -l version -d 'Print version'
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from help" -f -a "list" -d 'list the models that can be fetched'
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from help" -f -a "fetch" -d 'fetch a model from the hub and convert it'
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from help" -f -a "convert" -d 'make a model file from a checkpoint'
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from help" -f -a "info" -d 'print what a model file holds and whether it is intact'
complete -c clip-search -n "__fish_clip_search_using_subcommand model; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c clip-search -n "__fish_clip_search_using_subcommand help; and not __fish_seen_subcommand_from serve check query import index model help" -f -a "serve" -d 'answer GET /search until SIGTERM (the default)'
complete -c clip-search -n "__fish_clip_search_using_subcommand help; and not __fish_seen_subcommand_from serve check query import index model help" -f -a "check" -d 'check the settings, the engine and what it is sent, with a trial search'
complete -c clip-search -n "__fish_clip_search_using_subcommand help; and not __fish_seen_subcommand_from serve check query import index model help" -f -a "query" -d 'search once, without a running server: score (not of a Space), path or address, and caption, by tabs'
complete -c clip-search -n "__fish_clip_search_using_subcommand help; and not __fish_seen_subcommand_from serve check query import index model help" -f -a "import" -d 'save pictures from elsewhere'
complete -c clip-search -n "__fish_clip_search_using_subcommand help; and not __fish_seen_subcommand_from serve check query import index model help" -f -a "index" -d 'keep the index of your own pictures'
complete -c clip-search -n "__fish_clip_search_using_subcommand help; and not __fish_seen_subcommand_from serve check query import index model help" -f -a "model" -d 'list, fetch, convert or inspect models of our own engine'
complete -c clip-search -n "__fish_clip_search_using_subcommand help; and not __fish_seen_subcommand_from serve check query import index model help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c clip-search -n "__fish_clip_search_using_subcommand help; and __fish_seen_subcommand_from import" -f -a "telegram" -d 'save the pictures of an export of Telegram Desktop (result.json), for a user or a chat'
complete -c clip-search -n "__fish_clip_search_using_subcommand help; and __fish_seen_subcommand_from index" -f -a "add" -d 'index the pictures of folders and lists, and what changed in them'
complete -c clip-search -n "__fish_clip_search_using_subcommand help; and __fish_seen_subcommand_from index" -f -a "compact" -d 'clear what was forgotten of saved pictures from the disk, as serve does by itself each day'
complete -c clip-search -n "__fish_clip_search_using_subcommand help; and __fish_seen_subcommand_from index" -f -a "info" -d 'print what the index holds'
complete -c clip-search -n "__fish_clip_search_using_subcommand help; and __fish_seen_subcommand_from index" -f -a "push" -d 'copy the index to a collection in Qdrant'
complete -c clip-search -n "__fish_clip_search_using_subcommand help; and __fish_seen_subcommand_from index" -f -a "remove" -d 'remove pictures from the index'
complete -c clip-search -n "__fish_clip_search_using_subcommand help; and __fish_seen_subcommand_from index" -f -a "verify" -d 'read the whole index and report what is damaged'
complete -c clip-search -n "__fish_clip_search_using_subcommand help; and __fish_seen_subcommand_from model" -f -a "list" -d 'list the models that can be fetched'
complete -c clip-search -n "__fish_clip_search_using_subcommand help; and __fish_seen_subcommand_from model" -f -a "fetch" -d 'fetch a model from the hub and convert it'
complete -c clip-search -n "__fish_clip_search_using_subcommand help; and __fish_seen_subcommand_from model" -f -a "convert" -d 'make a model file from a checkpoint'
complete -c clip-search -n "__fish_clip_search_using_subcommand help; and __fish_seen_subcommand_from model" -f -a "info" -d 'print what a model file holds and whether it is intact'
