# What is where on the machine that builds; tests/peers/nix/run writes it anew into its copy.
{
  # Where commands are found.
  path = "/usr/local/bin:/usr/bin:/bin";
  cargoHome = "/homeless-shelter";
  rustupHome = "/homeless-shelter";
  # Where compiled crates are kept between builds, and where programs are put.
  buildDir = "/homeless-shelter";
  target = "/homeless-shelter";
  # null: what the package wants.
  buildType = null;
}
