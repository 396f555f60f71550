# What `nix build .#NAME` makes, by name.
pkgs:
let
  # Without libc: runs on every Linux of the same architecture, such as Lambda's and Ubuntu's.
  static = arguments: pkgs.pkgsStatic.callPackage ./package.nix arguments;
in
rec {
  default = clip-bot;
  clip-bot = pkgs.callPackage ./package.nix { };
  clip-search = pkgs.callPackage ./package.nix { program = "clip-search"; };
  playground = pkgs.callPackage ./package.nix { program = "playground"; };
  clip-bot-static = static { };
  clip-search-static = static { program = "clip-search"; };
  lambda = pkgs.callPackage ./lambda.nix {
    clip-search = static {
      program = "clip-search";
      # Small starts sooner: no engine but the Space.
      features = [ "lambda" ];
    };
  };
  deb = pkgs.callPackage ./deb.nix {
    clip-bot = clip-bot-static;
    clip-search = clip-search-static;
  };
}
