# What only shows on the machine: without its token the bot says what to do, and does not try again.
{
  name = "refusal";

  nodes.machine = {
    services.clip-bot = {
      enable = true;
      tokenFile = "/run/secrets/clip-bot/token";
    };
    services.clip-search = {
      enable = true;
      settings.CLIP_SEARCH_ENGINE = "mock";
    };
  };

  testScript = ''
    machine.wait_until_succeeds("systemctl is-failed clip-bot.service")
    assert machine.succeed("systemctl show --value --property ExecMainStatus clip-bot").strip() == "2"
    assert machine.succeed("systemctl show --value --property NRestarts clip-bot").strip() == "0"
    machine.succeed("journalctl --unit clip-bot --boot | grep --count telegram-token")

    with subtest("it runs once the file is there, after a word of the operator"):
        machine.succeed("mkdir -p /run/secrets/clip-bot")
        machine.succeed("echo 4242:token > /run/secrets/clip-bot/token")
        machine.succeed("systemctl restart clip-bot")
        machine.wait_for_unit("clip-bot.service")
  '';
}
