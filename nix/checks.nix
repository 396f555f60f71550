# `nix flake check`: the programs, whose tests run in the build, and the tests of NixOS.
packages:
{
  inherit (packages)
    clip-bot
    clip-search
    playground
    ;
}
// packages.clip-bot.tests
