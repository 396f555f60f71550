# What a user may write wrongly. Each makes one error that holds `says`, at evaluation or, where only
# the program can know, while the system is built.
{
  nixpkgs,
  flake,
}:
let
  systemWith =
    configuration:
    (nixpkgs.lib.nixosSystem {
      system = "x86_64-linux";
      modules = [
        flake.nixosModules.default
        configuration
      ];
    }).config.system.build.toplevel;
  bot = settings: {
    services.clip-bot = {
      enable = true;
      searchUrl = "http://127.0.0.1:8080";
      tokenFile = "/run/secrets/token";
    }
    // settings;
  };
  search = settings: {
    services.clip-search = {
      enable = true;
    }
    // settings;
  };
  case = configuration: says: {
    system = systemWith configuration;
    inherit says;
  };
in
{
  unknown-option = case (bot {
    tokenfile = "/run/secrets/token";
  }) "services.clip-bot.tokenfile' does not exist";
  wrong-type = case (bot {
    settings.CLIP_BOT_RESULTS = [ 5 ];
  }) "services.clip-bot.settings.CLIP_BOT_RESULTS' is not of type";
  token-in-store = case (bot {
    tokenFile = "${builtins.toFile "token" "4242:token"}";
  }) "services.clip-bot.tokenFile must not be in the Nix store";
  token-as-path = case (bot {
    tokenFile = ./bad-settings.nix;
  }) "services.clip-bot.tokenFile' is not of type";
  token-as-setting = case (bot {
    settings.CLIP_BOT_TOKEN = "4242:token";
  }) "use the option that names a file";
  search-token-as-setting = case (bot {
    settings.CLIP_BOT_SEARCH_TOKEN = "secret";
  }) "services.clip-bot.settings.CLIP_BOT_SEARCH_TOKEN is a secret";
  hf-token-as-setting = case (search {
    settings.CLIP_SEARCH_HF_TOKEN = "hf_secret";
  }) "services.clip-search.settings.CLIP_SEARCH_HF_TOKEN is a secret";
  endpoint-token-as-setting = case (search {
    settings.CLIP_SEARCH_TOKEN = "secret";
  }) "services.clip-search.settings.CLIP_SEARCH_TOKEN is a secret";
  qdrant-key-as-setting = case (search {
    settings.CLIP_SEARCH_QDRANT_KEY = "secret";
  }) "services.clip-search.settings.CLIP_SEARCH_QDRANT_KEY is a secret";
  qdrant-key-in-store = case (search {
    qdrantKeyFile = "${builtins.toFile "key" "secret"}";
  }) "services.clip-search.qdrantKeyFile must not be in the Nix store";
  no-token = case (bot { tokenFile = null; }) "services.clip-bot.tokenFile is not set: name the file";
  no-search-url = case (bot {
    searchUrl = null;
  }) "services.clip-bot.searchUrl is not set: name your endpoint";
  two-search-urls = case (bot {
    settings.CLIP_BOT_SEARCH_URL = "http://other";
  }) "CLIP_BOT_SEARCH_URL' has conflicting definition values";
  unknown-setting = case (bot {
    settings.CLIP_BOT_RESULT = 5;
  }) "CLIP_BOT_RESULT is not a known setting; did you mean CLIP_BOT_RESULTS?";
  bad-duration = case (bot { settings.CLIP_BOT_SEARCH_TIMEOUT = "soon"; }) "CLIP_BOT_SEARCH_TIMEOUT";
  number-too-large = case (bot { settings.CLIP_BOT_RESULTS = 11; }) "CLIP_BOT_RESULTS";
  search-without-space = case (search {
    settings.CLIP_SEARCH_ENGINE = "space";
  }) "CLIP_SEARCH_SPACE is not set: name the Space";

  # The control: nothing is wrong.
  good = case {
    services =
      (bot { }).services
      // (search {
        qdrantKeyFile = "/run/secrets/qdrant-key";
        spaceTokenFile = "/run/secrets/hf-token";
      }).services;
  } "";
}
