# What README and .ci/run use, `nix develop`.
{
  mkShell,
  cargo,
  clippy,
  deadnix,
  nixfmt,
  nodejs,
  python3,
  rustc,
  rustfmt,
  shellcheck,
}:
mkShell {
  packages = [
    cargo
    clippy
    deadnix
    nixfmt
    nodejs
    python3
    rustc
    rustfmt
    shellcheck
  ];
}
