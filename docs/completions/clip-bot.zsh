#compdef clip-bot
# Made by tests/it/pages.rs from the tables that --help is made from.
_arguments -s -S \
  '--allowed=[user or chat ids that are answered, by comma; empty\: everyone]:value: ' \
  '--api-url=[Bot API server]:value: ' \
  '--language=[en or es for everyone; empty\: by the user'\''s language]:value:(en es)' \
  '--log=[off, error, warn, info, debug or trace]:value:(off error warn info debug trace)' \
  '--poll-timeout=[how long one getUpdates waits, 1s to 50s]:value: ' \
  '--rate=[searches one user may ask for in a time; none\: no limit]:value:(none)' \
  '--results=[pictures in an answer, 1 to 10]:value: ' \
  '--search-auth=[none or bearer; empty\: bearer where there is a token]:value:(none bearer)' \
  '--search-timeout=[longest wait for the endpoint, 1s to 10m]:value: ' \
  '--search-token-file=[file with that token; or credential search-token]:value:_files' \
  '--search-url=[the search endpoint (required); /search is appended]:value: ' \
  '--state-dir=[folder for what was not answered yet; empty\: systemd'\''s, else memory]:value:_files -/' \
  '--token-file=[file with the token; or credential telegram-token]:value:_files' \
  '--workers=[queries answered at the same time, 1 to 64]:value: ' \
  '(- *)'{-h,--help}'[all commands and settings]' \
  '(- *)'{-V,--version}'[the version]' \
  '1:command:((run\:"answer messages until SIGTERM (the default)" check\:"look at token, webhook, endpoint, log and watchdog" reload\:"hand changed settings to the bot that runs (systemctl reload)" query\:"ask the endpoint once; one address a line"))' \
  '*:words:'
