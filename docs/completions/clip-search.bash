# Made by tests/it/pages.rs from the tables that --help is made from.
_clip_search() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} offer=()
  # "=" is a word of its own here.
  if [[ $word == = ]]; then
    word=
  elif [[ $before == = ]]; then
    before=${COMP_WORDS[COMP_CWORD - 2]}
  fi
  case $before in
    --engine) offer=(-W 'clip space mock') ;;
    --hf-token-file) offer=(-f) ;;
    --log) offer=(-W 'off error warn info debug trace') ;;
    --qdrant-key-file) offer=(-f) ;;
    --token-file) offer=(-f) ;;
    --*) return ;;
    *)
      if [[ $word == -* ]]; then
        offer=(-W '--engine --hf-token-file --hub --idle --index --listen --log --min-score --model --public-base --qdrant --qdrant-key-file --space --space-api --space-args --timeout --token-file --workers --config-only --fast --rebuild --even-if-empty --help --version')
      else
        offer=(-W 'serve check query index model')
      fi
      ;;
  esac
  mapfile -t COMPREPLY < <(compgen "${offer[@]}" -- "$word")
  [[ ${offer[0]} == -W ]] || compopt -o filenames
}
complete -F _clip_search clip-search
