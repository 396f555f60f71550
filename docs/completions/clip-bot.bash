# Made by tests/it/pages.rs from the tables that --help is made from.
_clip_bot() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} offer=()
  # "=" is a word of its own here.
  if [[ $word == = ]]; then
    word=
  elif [[ $before == = ]]; then
    before=${COMP_WORDS[COMP_CWORD - 2]}
  fi
  case $before in
    --language) offer=(-W 'en es') ;;
    --log) offer=(-W 'off error warn info debug trace') ;;
    --rate) offer=(-W 'none') ;;
    --search-auth) offer=(-W 'none bearer') ;;
    --search-token-file) offer=(-f) ;;
    --state-dir) offer=(-d) ;;
    --token-file) offer=(-f) ;;
    --*) return ;;
    *)
      if [[ $word == -* ]]; then
        offer=(-W '--allowed --api-url --language --log --poll-timeout --rate --results --search-auth --search-timeout --search-token-file --search-url --state-dir --token-file --workers --help --version')
      else
        offer=(-W 'run check reload query')
      fi
      ;;
  esac
  mapfile -t COMPREPLY < <(compgen "${offer[@]}" -- "$word")
  [[ ${offer[0]} == -W ]] || compopt -o filenames
}
complete -F _clip_bot clip-bot
