# pkgs.testers.runNixOSTest: what a machine needs for each node, and the test script.
# tests/peers/nix/driver.py boots them and runs it.
{
  lib,
  nixosSystem,
  pkgs,
  system,
  test,
}:
let
  inherit (lib) mkOption types;
  inherit
    (lib.evalModules {
      modules = [
        test
        {
          options = {
            name = mkOption { type = types.str; };
            defaults = mkOption {
              type = types.deferredModule;
              default = { };
            };
            nodes = mkOption { type = types.attrsOf types.deferredModule; };
            testScript = mkOption { type = types.lines; };
          };
        }
      ];
      arguments.hostPkgs = pkgs;
    })
    config
    ;
  nixos =
    node:
    let
      machine =
        (nixosSystem {
          inherit system;
          modules = [
            config.defaults
            node
          ];
        }).config;
    in
    # nixos/modules/misc/nixpkgs/read-only.nix
    if machine.nixpkgs.overlays != [ ] then
      throw "nixpkgs.overlays is set to read-only"
    else
      machine.system.build.toplevel;
in
pkgs.runCommand "vm-test-run-${config.name}"
  {
    inherit (config) testScript;
    passAsFile = [ "testScript" ];
  }
  ''
    mkdir -p $out/nodes
    cp $testScriptPath $out/test.py
    python3 -c 'import ast, sys; ast.parse(open(sys.argv[1]).read())' $out/test.py
    ${lib.concatStrings (
      lib.mapAttrsToList (name: node: "ln -s ${nixos node} $out/nodes/${name}\n") config.nodes
    )}
  ''
