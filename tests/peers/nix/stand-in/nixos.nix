# nixpkgs.lib.nixosSystem with the options that our modules set, and what NixOS makes of them: the
# folder of systemd's units, the rest of /etc, and the commands.
{ lib, makePackages }:
{
  system ? "x86_64-linux",
  modules,
}:
let
  inherit (lib) mkOption types;

  texts = mkOption {
    type = types.listOf types.str;
    default = [ ];
  };
  option =
    type: default:
    mkOption {
      inherit type default;
    };
  section = option (types.attrsOf (
    types.oneOf [
      types.bool
      types.int
      types.str
      (types.listOf types.str)
    ]
  )) { };

  # nixos/lib/systemd-unit-options.nix
  unitOptions = {
    description = option types.str "";
    after = texts;
    before = texts;
    requires = texts;
    requiredBy = texts;
    wants = texts;
    wantedBy = texts;
    unitConfig = section;
  };
  serviceOptions = unitOptions // {
    enableDefaultPath = option types.bool true;
    environment = option (types.attrsOf types.str) { };
    path = option (types.listOf types.package) [ ];
    reloadTriggers = option (types.listOf types.raw) [ ];
    restartTriggers = option (types.listOf types.raw) [ ];
    script = option types.lines "";
    serviceConfig = section;
  };
  socketOptions = unitOptions // {
    socketConfig = section;
  };
  etcOptions = {
    text = option (types.nullOr types.lines) null;
    source = option (types.nullOr types.path) null;
    mode = option types.str "symlink";
  };

  options = {
    assertions = option (types.listOf (
      types.submodule {
        options = {
          assertion = mkOption { type = types.bool; };
          message = mkOption { type = types.str; };
        };
      }
    )) [ ];
    environment.etc = option (types.attrsOf (types.submodule { options = etcOptions; })) { };
    environment.systemPackages = option (types.listOf types.package) [ ];
    nixpkgs.overlays = option (types.listOf types.raw) [ ];
    system.build = option (types.attrsOf types.raw) { };
    system.stateVersion = option types.str "26.05";
    systemd.packages = option (types.listOf types.package) [ ];
    systemd.services = option (types.attrsOf (types.submodule { options = serviceOptions; })) { };
    systemd.sockets = option (types.attrsOf (types.submodule { options = socketOptions; })) { };
    systemd.timers = option (types.attrsOf (types.submodule { options = unitOptions; })) { };

    # What nix/image.nix sets; each is declared in nixos/modules/ as named.
    boot.tmp.cleanOnBoot = option types.bool false; # system/boot/tmp.nix
    documentation.enable = option types.bool true; # misc/documentation.nix
    networking.firewall.enable = option types.bool true; # services/networking/firewall.nix
    services.amazon-ssm-agent.enable = option types.bool false; # services/misc/amazon-ssm-agent.nix
    services.openssh.enable = option types.bool false; # services/networking/ssh/sshd.nix
    zramSwap.enable = option types.bool false; # config/zram.nix
    zramSwap.memoryPercent = option types.int 50;
  };

  value =
    one:
    if one == true then
      "true"
    else if one == false then
      "false"
    else
      toString one;
  lines =
    name: set:
    "[${name}]\n"
    + lib.concatStrings (
      lib.mapAttrsToList (
        key: values:
        lib.concatMapStrings (one: "${key}=${value one}\n") (
          if builtins.isList values then values else [ values ]
        )
      ) set
    );
  words =
    name: list: lib.optionalAttrs (list != [ ]) { ${name} = builtins.concatStringsSep " " list; };
  general =
    unit:
    lines "Unit" (
      lib.optionalAttrs (unit.description != "") { Description = unit.description; }
      // words "After" unit.after
      // words "Before" unit.before
      // words "Requires" unit.requires
      // words "Wants" unit.wants
      // words "X-Reload-Triggers" (unit.reloadTriggers or [ ])
      // words "X-Restart-Triggers" (unit.restartTriggers or [ ])
      // unit.unitConfig
    );
  service =
    pkgs: name: unit:
    let
      script = pkgs.writeShellApplication {
        name = "${name}-start";
        text = unit.script;
        runtimeInputs = unit.path;
      };
      environment =
        lib.optionalAttrs unit.enableDefaultPath { PATH = "/usr/bin:/bin"; } // unit.environment;
    in
    general unit
    + "\n"
    + lines "Service" (
      lib.optionalAttrs (environment != { }) {
        Environment = lib.mapAttrsToList (name: value: "\"${name}=${value}\"") environment;
      }
      // lib.optionalAttrs (unit.script != "") { ExecStart = lib.getExe script; }
      // unit.serviceConfig
    );

  evaluated = lib.evalModules {
    arguments = {
      modulesPath = toString ./modules;
    };
    modules = modules ++ [
      (
        { config, ... }:
        let
          pkgs = makePackages {
            inherit system;
            inherit (config.nixpkgs) overlays;
          };
          texts =
            lib.mapAttrs' (
              name: unit: lib.nameValuePair "${name}.service" (service pkgs name unit)
            ) config.systemd.services
            // lib.mapAttrs' (
              name: unit:
              lib.nameValuePair "${name}.socket" (general unit + "\n" + lines "Socket" unit.socketConfig)
            ) config.systemd.sockets
            // lib.mapAttrs' (
              name: unit: lib.nameValuePair "${name}.timer" (general unit)
            ) config.systemd.timers;
          wanted =
            lib.mapAttrs' (name: unit: lib.nameValuePair "${name}.service" unit) config.systemd.services
            // lib.mapAttrs' (name: unit: lib.nameValuePair "${name}.socket" unit) config.systemd.sockets
            // lib.mapAttrs' (name: unit: lib.nameValuePair "${name}.timer" unit) config.systemd.timers;

          # nixos/lib/systemd-lib.nix, generateUnits: a unit that a package has gets a drop-in.
          units = pkgs.runCommand "units" { } (
            "mkdir -p $out\n"
            + lib.concatMapStrings (package: ''
              cp -r ${package}/lib/systemd/system/. $out
              chmod -R u+w $out
            '') config.systemd.packages
            + lib.concatStrings (
              lib.mapAttrsToList (name: text: ''
                if [ -e $out/${name} ]; then
                  mkdir -p $out/${name}.d
                  file=$out/${name}.d/overrides.conf
                else
                  file=$out/${name}
                fi
                cp ${pkgs.writeText name text} $file
              '') texts
            )
            + lib.concatStrings (
              lib.mapAttrsToList (
                name: unit:
                lib.concatMapStrings (target: ''
                  mkdir -p $out/${target}.wants
                  ln -s ../${name} $out/${target}.wants/
                '') unit.wantedBy
              ) wanted
            )
          );
          tree = pkgs.runCommand "nixos-system" { } (
            "mkdir -p $out/etc/systemd $out/sw/bin\nln -s ${units} $out/etc/systemd/system\n"
            + lib.concatMapStrings (
              package: "ln -s ${package}/bin/* $out/sw/bin/\n"
            ) config.environment.systemPackages
            + lib.concatStrings (
              lib.mapAttrsToList (
                name: file:
                "mkdir -p $(dirname $out/etc/${name})\n"
                + (
                  if file.source != null then
                    "ln -s ${file.source} $out/etc/${name}\n"
                  else
                    "cp ${pkgs.writeText "etc" file.text} $out/etc/${name}\n"
                )
              ) config.environment.etc
            )
          );
          failed = lib.filter (one: !one.assertion) config.assertions;
          toplevel =
            if failed == [ ] then
              tree
            else
              throw "\nFailed assertions:\n${lib.concatMapStrings (one: "- ${one.message}\n") failed}";
        in
        {
          inherit options;
          config._module.args.pkgs = pkgs;
          config.system.build = {
            inherit texts toplevel units;
          };
        }
      )
    ];
  };
in
evaluated
