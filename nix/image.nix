{ modulesPath, ... }:
{
  imports = [ "${modulesPath}/virtualisation/amazon-image.nix" ];
  services.clip-bot = {
    enable = true;
    tokenFile = "/run/clip-bot-token/token";
  };
  services.clip-search.enable = true;
  services.clip-search.settings.CLIP_SEARCH_ENGINE = "mock";
  system.stateVersion = "26.05";
}
