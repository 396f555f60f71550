# Those of `names`, such as `types.str`, that `lib` does not have.
{ lib, names }:
let
  inherit (builtins)
    filter
    head
    isString
    split
    tail
    ;
  has = set: path: path == [ ] || (set ? ${head path} && has set.${head path} (tail path));
in
filter (name: !has lib (filter isString (split "[.]" name))) names
