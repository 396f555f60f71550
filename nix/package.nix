# One of the three programs, with what is installed along with it. Tests run in the build.
{
  lib,
  rustPlatform,
  installShellFiles,
  stdenv,
  testers,
  buildPackages,
  program ? "clip-bot",
  # The bot is shipped without the endpoint's engines, and both without the playground, which is
  # everything.
  features ?
    {
      clip-bot = [ ];
      clip-search = [
        "clip"
        "drawings"
        # HEVC is patented: leave it out where that keeps you from shipping a decoder.
        "heic"
        "page"
      ];
      playground = [ "default" ];
    }
    .${program},
  # Another profile of Cargo, such as `debug`, compiles faster.
  buildType ? "release",
}:
let
  manifest = (lib.importTOML ../Cargo.toml).package;

  # What Cargo and the tests read. Nothing else, so that an edit of the README rebuilds nothing.
  src = lib.fileset.toSource {
    root = ../.;
    fileset = lib.fileset.unions [
      ../Cargo.lock
      ../Cargo.toml
      ../benches/clients/main.rs
      ../benches/collection/main.rs
      ../benches/found/main.rs
      ../benches/saved/main.rs
      ../benches/vectors/drawings.rs
      ../benches/vectors/main.rs
      ../benches/compare/main.rs
      ../crates
      ../docs/completions
      ../docs/man
      ../models/drawings/collection.bin
      ../models/drawings/collection.tsv
      ../models/drawings/kinds.txt
      ../models/drawings/languages.tsv
      ../models/sample/drawings.f16
      ../models/sample/judge
      ../models/sample/sample.clip
      ../src
      ../systemd
      ../tests/chaos
      ../tests/fuzz
      ../tests/it
      ../tests/peers/bot-api-strictness/strictness.json
    ];
  };

  isService = program != "playground";
in
rustPlatform.buildRustPackage {
  pname = program;
  inherit (manifest) version;
  inherit src buildType;

  cargoLock.lockFile = ../Cargo.lock;
  buildNoDefaultFeatures = true;
  buildFeatures = features;
  cargoBuildFlags = [
    "--bin"
    program
  ];
  # The playground holds everything: there the real programs are tested, on loopback.
  cargoTestFlags = [
    "--lib"
  ]
  ++ lib.optionals (program == "playground") [
    "--test"
    "it"
  ];
  # They read pages that are no part of the source here.
  checkFlags = [
    "--skip=tidy::"
    "--skip=pages::"
  ];

  nativeBuildInputs = lib.optional isService installShellFiles;
  postInstall =
    lib.optionalString isService ''
      installManPage docs/man/${program}.1
      installShellCompletion docs/completions/${program}.{bash,fish,zsh}
      for unit in systemd/${program}{,-index}.{service,socket,timer}; do
        [ ! -e "$unit" ] || install -Dm644 "$unit" -t $out/lib/systemd/system
      done
      for unit in $out/lib/systemd/system/*.service; do
        substituteInPlace "$unit" --replace-fail /usr/bin/${program} $out/bin/${program}
      done
      install -Dm644 systemd/no-private-networks.conf -t $out/share/doc/${program}
    ''
    + lib.optionalString (program == "clip-bot") ''
      install -Dm644 systemd/clip-bot.catalog -t $out/lib/systemd/catalog
    '';

  passthru.tests = import ./nixos-tests.nix { inherit lib testers; };

  # Nothing of what it was made with stays with it.
  disallowedReferences = [
    buildPackages.cargo
    buildPackages.rustc
    src
    stdenv.cc
  ];

  meta = {
    description =
      {
        clip-bot = manifest.description;
        clip-search = "Endpoint that searches pictures by meaning, for clip-bot";
        playground = "A whole clip-bot system on one machine, with a web page to try it";
      }
      .${program};
    license = [
      lib.licenses.mit
      lib.licenses.asl20
    ];
    mainProgram = program;
    platforms = lib.platforms.linux;
  };
}
