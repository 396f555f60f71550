# services.clip-bot and services.clip-search: the packages' own units, and drop-ins for what NixOS
# has to say. Defaults are the programs' own; nothing is set here that nobody asked for.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  inherit (lib) mkOption types;
  bot = config.services.clip-bot;
  search = config.services.clip-search;
  # Pictures come from a bucket or a cloud drive.
  syncs = search.settings ? SYNC_FROM;

  # What `systemctl reload clip-bot` takes over.
  reloaded = [
    "CLIP_BOT_ALLOWED"
    "CLIP_BOT_LANGUAGE"
    "CLIP_BOT_LOG"
    "CLIP_BOT_RATE"
    "CLIP_BOT_RESULTS"
  ];

  # Not from an overlay: NixOS may be given its packages ready-made, as in its own tests.
  packageOption =
    program:
    mkOption {
      type = types.package;
      default = pkgs.callPackage ./package.nix { inherit program; };
      defaultText = lib.literalMD "${program} of this flake, built with the system's packages";
      description = "The ${program} package to use.";
    };

  settingsOption =
    program: example:
    mkOption {
      type = types.attrsOf (
        types.oneOf [
          types.int
          types.str
        ]
      );
      default = { };
      inherit example;
      description = ''
        Settings of ${program}, named like its environment variables; `${program} --help` lists them
        with their defaults. The program looks at them while the system is built: a wrong one fails
        the build. No secrets here: the Nix store is readable for everybody.
      '';
    };

  fileOption =
    what:
    mkOption {
      type = types.nullOr types.str;
      default = null;
      example = "/run/secrets/clip-bot/token";
      description = ''
        File outside the Nix store with ${what}. systemd reads it as root when the service starts
        (LoadCredential=), and nobody else needs to be able to. A string, not a path of Nix, which
        would be copied to the store.
      '';
    };

  networksOption = mkOption {
    type = types.bool;
    default = false;
    example = true;
    description = ''
      Whether to keep the service away from private networks and from the cloud's metadata, whatever
      an address in an answer says. Allow what it does need there with
      `systemd.services.<name>.serviceConfig.IPAddressAllow`, such as the name server.
    '';
  };

  # A line of a file for EnvironmentFile=.
  assignment =
    name: value:
    let
      quoted = lib.escape [ "\"" "\\" "$" "`" ] (toString value);
    in
    "${name}=\"${quoted}\"\n";

  # The file of settings, which there is only if the program takes them.
  settingsFile =
    program: service:
    pkgs.runCommand "${program}.env"
      {
        env = lib.mapAttrs (_: toString) service.settings;
        text = lib.concatStrings (lib.mapAttrsToList assignment service.settings);
        passAsFile = [ "text" ];
      }
      ''
        ${lib.optionalString (pkgs.stdenv.buildPlatform.canExecute pkgs.stdenv.hostPlatform) ''
          ${lib.getExe service.package} check --config-only
        ''}
        cp "$textPath" $out
      '';

  # The package's drop-in, where systemd looks for it.
  keptOffPrivateNetworks =
    program: service:
    pkgs.runCommand "${program}-no-private-networks" { } ''
      install -Dm644 ${service.package}/share/doc/${program}/no-private-networks.conf \
        -t $out/lib/systemd/system/${program}.service.d
    '';

  # The units that copy pictures from elsewhere; rclone is large, so it comes only with them.
  syncUnits = pkgs.runCommand "clip-search-sync" { } ''
    mkdir -p $out/lib/systemd/system
    cp ${../systemd/clip-search-sync.timer} $out/lib/systemd/system/clip-search-sync.timer
    substitute ${../systemd/clip-search-sync.service} $out/lib/systemd/system/clip-search-sync.service \
      --replace-fail /usr/bin/rclone ${lib.getExe pkgs.rclone}
  '';

  # Of this machine alone: the bot shows it to its endpoint here, which needs it for what is not a search.
  madeToken = "/var/lib/clip-search-token/token";
  orMade = file: if file == null then madeToken else file;
  users =
    lib.optional bot.enable "clip-bot.service" ++ lib.optional search.enable "clip-search.service";
  units =
    program: service:
    [ service.package ]
    ++ lib.optional service.keepOffPrivateNetworks (keptOffPrivateNetworks program service);

  credentials =
    files:
    lib.mapAttrsToList (name: file: "${name}:${file}") (lib.filterAttrs (_: file: file != null) files);

  secretsAreOutsideTheStore =
    program: service:
    lib.concatMap
      (option: [
        {
          assertion = service.${option} == null || !lib.hasPrefix builtins.storeDir service.${option};
          message = "services.${program}.${option} must not be in the Nix store, which everybody can read: write the secret to a file on the machine, and its path here as a string.";
        }
        {
          assertion = service.${option} == null || lib.hasPrefix "/" service.${option};
          message = "services.${program}.${option} must be an absolute path.";
        }
      ])
      (
        lib.filter (option: service ? ${option}) [
          "tokenFile"
          "searchTokenFile"
          "spaceTokenFile"
          "spaceLoginFile"
          "qdrantKeyFile"
          "rcloneConfigFile"
        ]
      )
    ++ map (name: {
      # As the programs themselves tell secrets: `Variable::is_secret`.
      assertion = !(lib.hasSuffix "TOKEN" name || lib.hasSuffix "_KEY" name || lib.hasSuffix "_LOGIN" name);
      message = "services.${program}.settings.${name} is a secret, and the Nix store is readable for everybody: use the option that names a file.";
    }) (lib.attrNames service.settings);
in
{
  options.services.clip-bot = {
    enable = lib.mkEnableOption "clip-bot, a Telegram bot that finds pictures by meaning";
    package = packageOption "clip-bot";
    searchUrl = mkOption {
      type = types.nullOr types.str;
      default = null;
      example = "https://search.example.org";
      description = ''
        The search endpoint; `/search` is appended. Left out, it is `services.clip-search` on the same
        machine, if that is enabled.
      '';
    };
    tokenFile = fileOption "the token from @BotFather";
    searchTokenFile = fileOption "the bearer token of the endpoint, if it wants one";
    settings = settingsOption "clip-bot" {
      CLIP_BOT_ALLOWED = "42,-1001234567890";
      CLIP_BOT_LOG = "debug";
      CLIP_BOT_RESULTS = 8;
    };
    keepOffPrivateNetworks = networksOption;
  };

  options.services.clip-search = {
    enable = lib.mkEnableOption "clip-search, the endpoint that searches pictures by meaning";
    package = packageOption "clip-search";
    listen = mkOption {
      type = types.nullOr types.str;
      default = null;
      example = "127.0.0.1:9000";
      description = ''
        Address and port that systemd listens on for it; the first request starts it. Left out, it is
        what the package's clip-search.socket says: 127.0.0.1:8080. No firewall is opened.
      '';
    };
    searchTokenFile = fileOption "the bearer token that callers need";
    spaceTokenFile = fileOption "the token of HuggingFace for a private Space";
    spaceLoginFile = fileOption "name and password for a Space with a login of its own";
    qdrantKeyFile = fileOption "the API key of Qdrant, if it wants one";
    rcloneConfigFile = fileOption "the remotes of rclone, for `SYNC_FROM` in the settings";
    settings = settingsOption "clip-search" {
      CLIP_SEARCH_IDLE = "10m";
      CLIP_SEARCH_SPACE = "user/CLIP_Image_Search";
    };
    keepOffPrivateNetworks = networksOption;
  };

  config = lib.mkMerge [
    (lib.mkIf bot.enable {
      assertions = secretsAreOutsideTheStore "clip-bot" bot ++ [
        {
          assertion = bot.tokenFile != null;
          message = "services.clip-bot.tokenFile is not set: name the file with the token from @BotFather, as a string.";
        }
        {
          assertion = bot.settings ? CLIP_BOT_SEARCH_URL;
          message = "services.clip-bot.searchUrl is not set: name your endpoint, or run one on this machine with services.clip-search.enable = true.";
        }
      ];

      services.clip-bot.settings = lib.mkMerge [
        (lib.mkIf (bot.searchUrl != null) { CLIP_BOT_SEARCH_URL = bot.searchUrl; })
        (lib.mkIf (bot.searchUrl == null && search.enable) {
          CLIP_BOT_SEARCH_URL = lib.mkDefault "http://${
            if search.listen == null then "127.0.0.1:8080" else search.listen
          }";
        })
      ];

      # The unit reads it there, and so a change can be a reload.
      environment.etc."clip-bot/clip-bot.env".source = settingsFile "clip-bot" bot;
      environment.systemPackages = [ bot.package ];

      systemd.packages = units "clip-bot" bot;
      systemd.services.clip-bot = {
        wantedBy = [ "multi-user.target" ];
        # The package's unit needs no PATH, and NixOS would write one into the drop-in.
        enableDefaultPath = false;
        reloadTriggers = [ config.environment.etc."clip-bot/clip-bot.env".source ];
        restartTriggers = [ (builtins.toJSON (removeAttrs bot.settings reloaded)) ];
        serviceConfig.LoadCredential = credentials {
          telegram-token = bot.tokenFile;
          search-token = orMade bot.searchTokenFile;
        };
      };
    })

    (lib.mkIf search.enable {
      assertions = secretsAreOutsideTheStore "clip-search" search;

      environment.etc."clip-bot/clip-search.env".source = settingsFile "clip-search" search;
      environment.systemPackages = [ search.package ];

      systemd.packages = units "clip-search" search ++ lib.optional syncs syncUnits;
      systemd.sockets.clip-search = {
        wantedBy = [ "sockets.target" ];
        socketConfig = lib.mkIf (search.listen != null) {
          # An empty one takes back what the package says.
          ListenStream = [
            ""
            search.listen
          ];
        };
      };
      # Whoever names an index wants it kept up to date.
      systemd.timers.clip-search-index.wantedBy = lib.optional (
        search.settings ? CLIP_SEARCH_INDEX
      ) "timers.target";
      systemd.services.clip-search-index.enableDefaultPath = false;
      systemd.timers.clip-search-sync = lib.mkIf syncs { wantedBy = [ "timers.target" ]; };
      systemd.services.clip-search-sync = lib.mkIf syncs {
        enableDefaultPath = false;
        serviceConfig.LoadCredential = credentials { "rclone.conf" = search.rcloneConfigFile; };
      };
      systemd.services.clip-search = {
        enableDefaultPath = false;
        restartTriggers = [ config.environment.etc."clip-bot/clip-search.env".source ];
        serviceConfig.LoadCredential = credentials {
          hf-token = search.spaceTokenFile;
          qdrant-key = search.qdrantKeyFile;
          search-token = orMade search.searchTokenFile;
          space-login = search.spaceLoginFile;
        };
      };
    })

    (lib.mkIf (bot.enable || search.enable) {
      systemd.services.clip-search-token = {
        description = "Makes the token that clip-bot shows to clip-search on this machine";
        requiredBy = users;
        before = users;
        serviceConfig = {
          Type = "oneshot";
          StateDirectory = "clip-search-token";
          StateDirectoryMode = "0700";
        };
        script = ''
          token=${madeToken}
          [ -e "$token" ] || (umask 077 && printf 'local-%s\n' "$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')" >"$token.new" && mv -f "$token.new" "$token")
        '';
      };
    })
  ];
}
