# The machine that nixosConfigurations.ec2 describes: clip-bot on EC2 with 1 GB of memory. It is
# switched to from elsewhere and never evaluates or compiles anything itself; see docs/nix.md.
{
  lib,
  modulesPath,
  pkgs,
  ...
}:
let
  folder = "/run/clip-bot-token";

  # Reads the token from the Systems Manager with the instance's own role.
  fetchToken = pkgs.writeShellApplication {
    name = "clip-bot-fetch-token";
    runtimeInputs = [
      pkgs.curl
      pkgs.jq
    ];
    text = builtins.readFile ./fetch-token.sh;
  };
in
{
  imports = [ "${modulesPath}/virtualisation/amazon-image.nix" ];

  services.clip-bot = {
    enable = true;
    tokenFile = "${folder}/telegram-token";
  };
  # Name your Space or your index here; the built-in drawings show that everything works.
  services.clip-search = {
    enable = true;
    settings = {
      CLIP_SEARCH_ENGINE = lib.mkDefault "clip";
      CLIP_SEARCH_IDLE = "10m";
    };
  };

  # The token is in no image and in no store: each start of the bot finds it in a folder of root's,
  # in memory, and systemd makes a credential of it.
  systemd.services.clip-bot-token = {
    description = "Token of clip-bot from the Systems Manager";
    after = [ "network-online.target" ];
    wants = [ "network-online.target" ];
    before = [ "clip-bot.service" ];
    requiredBy = [ "clip-bot.service" ];
    environment.PARAMETER = "/clip-bot/telegram-token";
    # The metadata may come late, and the role's rights later.
    unitConfig.StartLimitIntervalSec = 0;
    serviceConfig = {
      Type = "oneshot";
      RemainAfterExit = true;
      Restart = "on-failure";
      # The bot waits for the next attempt, instead of failing with this one.
      RestartMode = "direct";
      RestartSec = "10s";
      ExecStart = lib.getExe fetchToken;
      RuntimeDirectory = "clip-bot-token";
      RuntimeDirectoryMode = "0700";
      RuntimeDirectoryPreserve = true;
      UMask = "0077";
      ProtectSystem = "strict";
      ProtectHome = true;
      PrivateTmp = true;
      NoNewPrivileges = true;
      CapabilityBoundingSet = [ "" ];
    };
  };

  # No port is open. A shell comes by the Session Manager, which asks outwards.
  networking.firewall.enable = true;
  services.openssh.enable = lib.mkForce false;
  services.amazon-ssm-agent.enable = true;

  # 1 GB of memory, and no more disk than needed.
  zramSwap.enable = true;
  zramSwap.memoryPercent = 50;
  documentation.enable = false;
  boot.tmp.cleanOnBoot = true;
  # By a file, since 26.11 takes another option for it than 26.05.
  environment.etc."systemd/journald.conf.d/clip-bot.conf".text = ''
    [Journal]
    SystemMaxUse=100M
    RuntimeMaxUse=16M
  '';

  system.stateVersion = "26.05";
}
