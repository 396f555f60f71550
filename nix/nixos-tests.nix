# Every file in tests/ as a test of NixOS in virtual machines, by name.
{ lib, testers }:
let
  files = lib.filter (lib.hasSuffix ".nix") (lib.attrNames (builtins.readDir ./tests));
  test =
    name:
    testers.runNixOSTest {
      imports = [ (./tests + "/${name}.nix") ];
      defaults.imports = [ ./module.nix ];
    };
in
lib.genAttrs (map (lib.removeSuffix ".nix") files) test
