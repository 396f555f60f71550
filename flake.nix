{
  description = "A self-hosted Telegram bot that finds pictures by meaning, with CLIP";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-26.05";

  outputs =
    { self, nixpkgs }:
    let
      inherit (nixpkgs) lib;
      systems = [
        "x86_64-linux"
        "aarch64-linux"
      ];
      eachSystem = f: lib.genAttrs systems (system: f nixpkgs.legacyPackages.${system});
      ownPackages = pkgs: self.packages.${pkgs.stdenv.hostPlatform.system};
    in
    {
      packages = lib.recursiveUpdate (eachSystem (import ./nix/packages.nix)) {
        x86_64-linux.image = self.nixosConfigurations.ec2.config.system.build.images.amazon;
      };

      apps = eachSystem (
        pkgs:
        lib.genAttrs
          [
            "clip-bot"
            "clip-search"
            "playground"
          ]
          (name: {
            type = "app";
            program = lib.getExe (ownPackages pkgs).${name};
            meta.description = (ownPackages pkgs).${name}.meta.description;
          })
        // {
          default = self.apps.${pkgs.stdenv.hostPlatform.system}.clip-bot;
        }
      );

      overlays.default = final: _prev: {
        clip-bot = final.callPackage ./nix/package.nix { };
        clip-search = final.callPackage ./nix/package.nix { program = "clip-search"; };
      };

      nixosModules.default.imports = [ ./nix/module.nix ];

      nixosConfigurations.ec2 = lib.nixosSystem {
        system = "x86_64-linux";
        modules = [
          self.nixosModules.default
          ./nix/image.nix
        ];
      };

      checks = eachSystem (pkgs: import ./nix/checks.nix (ownPackages pkgs));

      devShells = eachSystem (pkgs: {
        default = pkgs.callPackage ./nix/shell.nix { };
      });

      formatter = eachSystem (pkgs: pkgs.nixfmt-tree);
    };
}
