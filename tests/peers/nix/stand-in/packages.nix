# The packages that ours use. Tools are those of the machine, and Rust programs are compiled with
# its cargo from its crates; see host.nix.
{ lib }:
{
  system,
  overlays ? [ ],
  static ? false,
}:
let
  host = import ./host.nix;

  # What the build scripts of nixpkgs offer and ours call.
  functions = ''
    installManPage() {
      for page in "$@"; do
        install -Dm644 "$page" -t "$out/share/man/man''${page##*.}"
      done
    }
    installShellCompletion() {
      for file in "$@"; do
        local name=''${file##*/}
        case $name in
          *.bash) install -Dm644 "$file" "$out/share/bash-completion/completions/$name" ;;
          *.fish) install -Dm644 "$file" "$out/share/fish/vendor_completions.d/$name" ;;
          *.zsh) install -Dm644 "$file" "$out/share/zsh/site-functions/_''${name%.zsh}" ;;
          *) echo "installShellCompletion: $name is for no shell" >&2 && exit 1 ;;
        esac
      done
    }
    substituteInPlace() {
      local file=$1 text
      shift
      while [ $# -gt 0 ]; do
        [ "$1" = --replace-fail ] || { echo "substituteInPlace: $1 is not known" >&2; exit 1; }
        text=$(cat "$file")
        case $text in
          *"$2"*) ;;
          *) echo "substituteInPlace: no $2 in $file" >&2 && exit 1 ;;
        esac
        printf '%s\n' "''${text//"$2"/"$3"}" > "$file"
        shift 3
      done
    }
  '';

  # A derivation that runs `script`, with `environment` around it.
  build =
    {
      name,
      script,
      environment ? { },
      meta ? { },
      passthru ? { },
    }:
    derivation (
      {
        inherit name system;
        builder = "/bin/bash";
        args = [
          "-euc"
          ''
            PATH=${host.path}
            for input in ''${nativeBuildInputs-}; do PATH=$input/bin:$PATH; done
            ${functions}
            ${script}
            # A last command that bash becomes might close its output before it ends; Nix kills it then.
            exit 0
          ''
        ];
        SOURCE_DATE_EPOCH = "315532800";
      }
      // environment.env or { }
      // removeAttrs environment [ "env" ]
    )
    // passthru
    // {
      inherit meta passthru;
    };

  # A command of the machine.
  command =
    name:
    build {
      inherit name;
      script = ''
        mkdir -p $out/bin
        ln -s "$(command -v ${name})" $out/bin/${name} || echo "this machine has no ${name}"
      '';
      meta.mainProgram = name;
    };

  target =
    {
      x86_64-linux = "x86_64-unknown-linux-gnu";
      aarch64-linux = "aarch64-unknown-linux-gnu";
    }
    .${system};

  packages =
    self:
    lib.genAttrs [
      "cargo"
      "clippy"
      "curl"
      "deadnix"
      "dpkg"
      "jq"
      "nixfmt"
      "nodejs"
      "python3"
      "rustc"
      "rustfmt"
      "shellcheck"
      "zip"
    ] command
    // {
      inherit lib system;
      buildPackages = self;

      stdenv = {
        hostPlatform = {
          inherit system;
          isStatic = static;
        };
        buildPlatform.canExecute = _: true;
        cc = command "cc";
      };

      callPackage =
        file: arguments:
        let
          f = import file;
        in
        lib.makeOverridable f (builtins.intersectAttrs (builtins.functionArgs f) self // arguments);

      runCommand =
        name: environment: script:
        build { inherit name script environment; };

      writeText =
        name: text:
        build {
          inherit name;
          environment = {
            inherit text;
            passAsFile = [ "text" ];
          };
          script = "cp $textPath $out";
        };

      writeShellApplication =
        {
          name,
          text,
          runtimeInputs ? [ ],
        }:
        build {
          inherit name;
          environment = {
            inherit text;
            passAsFile = [ "text" ];
          };
          script = ''
            mkdir -p $out/bin
            {
              echo '#!/bin/bash'
              echo 'set -o errexit -o nounset -o pipefail'
              echo 'PATH=${lib.concatMapStrings (one: "${one}/bin:") runtimeInputs}$PATH'
              cat $textPath
            } > $out/bin/${name}
            chmod +x $out/bin/${name}
            bash -n $out/bin/${name}
          '';
          meta.mainProgram = name;
        };

      mkShell =
        { packages }:
        build {
          name = "shell";
          environment.nativeBuildInputs = packages;
          script = "env > $out";
        };

      installShellFiles = command "install";
      nixfmt-tree = command "nixfmt";

      rustPlatform.buildRustPackage =
        {
          pname,
          version,
          src,
          buildType ? "release",
          buildNoDefaultFeatures ? false,
          buildFeatures ? [ ],
          cargoLock,
          cargoBuildFlags ? [ ],
          cargoTestFlags ? [ ],
          checkFlags ? [ ],
          nativeBuildInputs ? [ ],
          postInstall ? "",
          disallowedReferences ? [ ],
          passthru ? { },
          meta ? { },
        }:
        let
          profile = if host.buildType == null then buildType else host.buildType;
          features =
            lib.optionalString buildNoDefaultFeatures "--no-default-features "
            + lib.concatMapStrings (feature: "--features ${feature} ") buildFeatures;
          flags = lib.concatMapStrings (flag: "${flag} ");
          common =
            "--locked --offline --target-dir $target ${features}"
            + lib.optionalString static "--target ${target} "
            + (if profile == "debug" then "" else "--profile ${profile} ");
        in
        assert builtins.pathExists cargoLock.lockFile;
        build {
          name = "${pname}${lib.optionalString static "-static"}-${version}";
          environment = {
            inherit src nativeBuildInputs disallowedReferences;
          }
          // lib.optionalAttrs static {
            # Not musl, as in nixpkgs: this machine has no Rust for it.
            RUSTFLAGS = "-C target-feature=+crt-static";
          };
          script = ''
            export HOME=$TMPDIR CARGO_HOME=${host.cargoHome} RUSTUP_HOME=${host.rustupHome}
            export CARGO_TERM_COLOR=never CARGO_BUILD_BUILD_DIR=${host.buildDir}
            target=${host.target}
            cp -r $src source
            chmod -R u+w source
            cd source
            cargo build ${common} ${flags cargoBuildFlags}
            ${lib.optionalString (
              !static
            ) "cargo test ${common} ${flags cargoTestFlags} -- ${flags checkFlags}"}
            install -Dm755 $target/${lib.optionalString static "${target}/"}${profile}/${meta.mainProgram} -t $out/bin
            strip $out/bin/*
            ${postInstall}
          '';
          passthru = passthru // {
            inherit pname version;
          };
          inherit meta;
        };

      testers.runNixOSTest =
        test:
        import ./nixos-test.nix {
          inherit lib system test;
          pkgs = self;
          nixosSystem = import ./nixos.nix {
            inherit lib;
            makePackages = import ./packages.nix { inherit lib; };
          };
        };
    }
    // lib.optionalAttrs (!static) {
      pkgsStatic = import ./packages.nix { inherit lib; } {
        inherit system overlays;
        static = true;
      };
    };

  extended = builtins.foldl' (
    previous: overlay: final:
    previous final // overlay final (previous final)
  ) packages overlays;
  fixed = extended fixed;
in
fixed
