# The bot under systemd: answers, says how it is, is watched, keeps its token, outlives its endpoint.
{
  name = "bot";

  nodes.machine = {
    imports = [ ./peers ];

    services.clip-bot = {
      enable = true;
      searchUrl = "http://127.0.0.1:8082";
      tokenFile = "/etc/clip-bot-token";
      settings = {
        CLIP_BOT_ALLOWED = "everyone";
        CLIP_BOT_API_URL = "http://127.0.0.1:8081";
        CLIP_BOT_POLL_TIMEOUT = "1s";
        CLIP_BOT_RESULTS = 3;
      };
    };
    # Not a minute, so that the test takes none.
    systemd.services.clip-bot.serviceConfig.WatchdogSec = 4;
    # Only here: what a test's machine knows is in the store anyway.
    environment.etc."clip-bot-token" = {
      text = "4242:token-that-nobody-may-see";
      mode = "0600";
    };
  };

  testScript = ''
    def show(name):
        return machine.succeed(f"systemctl show --value --property {name} clip-bot").strip()

    def pictures(chat):
        return machine.succeed(f"chat album {chat}").strip()

    machine.wait_for_unit("telegram.service")
    machine.wait_for_unit("endpoint.service")
    machine.wait_for_unit("clip-bot.service")

    with subtest("it answers with as many pictures as the settings say, and tells in its status"):
        machine.succeed("chat say 7 '/query bus'")
        assert pictures(7) == "3"
        machine.wait_until_succeeds(
            "systemctl show --value --property StatusText clip-bot | grep --quiet 'polling.*1 answered'"
        )

    with subtest("a reload changes no process"):
        pid = show("MainPID")
        machine.succeed("systemctl reload clip-bot")
        assert show("MainPID") == pid

    with subtest("the endpoint stops; the bot stays up, says so, and recovers"):
        machine.succeed("systemctl stop endpoint")
        machine.succeed("chat say 8 '/query moon'")
        machine.succeed("chat heard 8 'search'")
        assert show("MainPID") == pid and show("ActiveState") == "active"
        machine.succeed("systemctl start endpoint")
        machine.succeed("chat say 9 '/query star'")
        assert pictures(9) == "3"

    with subtest("the watchdog ends a bot that stands still, and another one answers"):
        machine.succeed(f"kill -STOP {pid}")
        machine.wait_until_succeeds("test $(systemctl show --value --property NRestarts clip-bot) -gt 0")
        machine.wait_for_unit("clip-bot.service")
        assert show("MainPID") != pid
        machine.succeed("chat say 10 '/query sun'")
        assert pictures(10) == "3"

    with subtest("the token is in no journal and no environment"):
        machine.succeed("journalctl --sync")
        # Not by a pipe, whose reader may end first: that would be a failure, too.
        machine.succeed("journalctl --output export --all > /tmp/journal")
        machine.succeed("grep --quiet SYSLOG_IDENTIFIER=clip-bot /tmp/journal")
        machine.fail("grep --quiet token-that-nobody-may-see /tmp/journal")
        machine.fail(f"grep --quiet token-that-nobody /proc/{show('MainPID')}/environ")

    with subtest("it is confined"):
        machine.succeed("systemd-analyze security --no-pager --threshold=15 clip-bot.service")
  '';
}
