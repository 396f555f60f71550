#compdef clip-search
# Made by tests/it/pages.rs from the tables that --help is made from.
_arguments -s -S \
  '--engine=[clip, space or mock; empty\: space where one is set, else clip]:value:(clip space mock)' \
  '--hf-token-file=[file with that token; or credential hf-token]:value:_files' \
  '--hub=[hub that knows the Space and has the models]:value: ' \
  '--idle=[end after this time without a request, for socket units; empty\: never]:value: ' \
  '--index=[folder of the index of pictures; empty\: the built-in pictures]:value: ' \
  '--listen=[address and port to listen on; a socket unit'\''s come first]:value: ' \
  '--log=[off, error, warn, info, debug or trace]:value:(off error warn info debug trace)' \
  '--min-score=[least likeness of what words find, -1 to 1; empty\: the model'\''s own]:value: ' \
  '--model=[file of the CLIP model; empty\: the small built-in one]:value: ' \
  '--public-base=[address that each file'\''s base name is appended to]:value: ' \
  '--qdrant=[a collection in Qdrant that holds the index, by its URL]:value: ' \
  '--qdrant-key-file=[file with that key; or credential qdrant-key]:value:_files' \
  '--space=[the Space\: its URL, or user/name on the hub]:value: ' \
  '--space-api=[its endpoint; empty\: the only named one, /search or /predict]:value: ' \
  '--space-args=[its arguments as JSON\: array, or object by name; {query}, {limit}, {image}, {type} are filled in]:value: ' \
  '--timeout=[longest time for one search, 1s to 10m]:value: ' \
  '--token-file=[file with that token; or credential search-token]:value:_files' \
  '--workers=[searches at the same time, 1 to 512]:value: ' \
  '--config-only' \
  '--fast' \
  '--rebuild' \
  '--even-if-empty' \
  '(- *)'{-h,--help}'[all commands and settings]' \
  '(- *)'{-V,--version}'[the version]' \
  '1:command:((serve\:"answer GET /search until SIGTERM (the default)" check\:"look at settings and engine; or at the settings only" query\:"ask the engine once; one address a line" index\:"keep the index of your own pictures" model\:"fetch, make or look at a model of our own engine"))' \
  '*:words:'
