# lib.fileset, of paths only.
let
  within =
    folder: path:
    folder == path || builtins.substring 0 (builtins.stringLength folder + 1) path == "${folder}/";
in
{
  unions = builtins.concatMap (one: if builtins.isList one then one else [ one ]);

  toSource =
    { root, fileset }:
    let
      wanted = map (
        path:
        if builtins.pathExists path then
          toString path
        else
          throw "lib.fileset: ${toString path} does not exist"
      ) fileset;
    in
    {
      outPath = builtins.path {
        name = "source";
        path = root;
        filter = path: _type: builtins.any (one: within one path || within path one) wanted;
      };
    };
}
