# Made by tests/it/pages.rs from the tables that --help is made from.
complete -c clip-search -f
complete -c clip-search -n __fish_use_subcommand -a serve -d 'answer GET /search until SIGTERM (the default)'
complete -c clip-search -n __fish_use_subcommand -a check -d 'look at settings and engine; or at the settings only'
complete -c clip-search -n __fish_use_subcommand -a query -d 'ask the engine once; one address a line'
complete -c clip-search -n __fish_use_subcommand -a index -d 'keep the index of your own pictures'
complete -c clip-search -n __fish_use_subcommand -a model -d 'fetch, make or look at a model of our own engine'
complete -c clip-search -l engine -x -a 'clip space mock' -d 'clip, space or mock; empty: space where one is set, else clip'
complete -c clip-search -l hf-token-file -rF -d 'file with that token; or credential hf-token'
complete -c clip-search -l hub -x -d 'hub that knows the Space and has the models'
complete -c clip-search -l idle -x -d 'end after this time without a request, for socket units; empty: never'
complete -c clip-search -l index -x -d 'folder of the index of pictures; empty: the built-in pictures'
complete -c clip-search -l listen -x -d 'address and port to listen on; a socket unit'\''s come first'
complete -c clip-search -l log -x -a 'off error warn info debug trace' -d 'off, error, warn, info, debug or trace'
complete -c clip-search -l min-score -x -d 'least likeness of what words find, -1 to 1; empty: the model'\''s own'
complete -c clip-search -l model -x -d 'file of the CLIP model; empty: the small built-in one'
complete -c clip-search -l public-base -x -d 'address that each file'\''s base name is appended to'
complete -c clip-search -l qdrant -x -d 'a collection in Qdrant that holds the index, by its URL'
complete -c clip-search -l qdrant-key-file -rF -d 'file with that key; or credential qdrant-key'
complete -c clip-search -l space -x -d 'the Space: its URL, or user/name on the hub'
complete -c clip-search -l space-api -x -d 'its endpoint; empty: the only named one, /search or /predict'
complete -c clip-search -l space-args -x -d 'its arguments as JSON: array, or object by name; {query}, {limit}, {image}, {type} are filled in'
complete -c clip-search -l timeout -x -d 'longest time for one search, 1s to 10m'
complete -c clip-search -l token-file -rF -d 'file with that token; or credential search-token'
complete -c clip-search -l workers -x -d 'searches at the same time, 1 to 512'
complete -c clip-search -l config-only
complete -c clip-search -l fast
complete -c clip-search -l rebuild
complete -c clip-search -l even-if-empty
complete -c clip-search -s h -l help -d 'all commands and settings'
complete -c clip-search -s V -l version -d 'the version'
