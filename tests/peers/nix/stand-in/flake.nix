{
  description = "A test double of nixpkgs for tests/peers/nix/run; see README.md";

  outputs =
    _:
    let
      lib = import ./lib // {
        nixosSystem = import ./nixos.nix { inherit lib makePackages; };
      };
      makePackages = import ./packages.nix { inherit lib; };
    in
    {
      inherit lib;
      legacyPackages = lib.genAttrs [ "x86_64-linux" "aarch64-linux" ] (
        system: makePackages { inherit system; }
      );
    };
}
