# `nix flake check`: the programs, whose tests run in the build, and every file in tests/.
{
  pkgs,
  packages,
  module,
}:
let
  inherit (pkgs) lib;
  files = lib.filter (lib.hasSuffix ".nix") (lib.attrNames (builtins.readDir ./tests));
  test =
    file:
    pkgs.testers.runNixOSTest {
      imports = [ (./tests + "/${file}") ];
      defaults.imports = [ module ];
    };
in
{
  inherit (packages)
    clip-bot
    clip-search
    playground
    ;
}
// lib.genAttrs (map (lib.removeSuffix ".nix") files) (name: test "${name}.nix")
