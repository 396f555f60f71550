# The endpoint by its socket: the first request starts it, and it ends when nobody asks.
{
  name = "search";

  nodes.machine =
    { pkgs, ... }:
    {
      services.clip-search = {
        enable = true;
        listen = "127.0.0.1:9000";
        settings = {
          CLIP_SEARCH_ENGINE = "mock";
          CLIP_SEARCH_IDLE = "3s";
        };
      };
      environment.systemPackages = [ pkgs.python3 ];
    };

  testScript = ''
    import json

    GET = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:9000%s').read().decode())"

    def get(path):
        return json.loads(machine.succeed(f'python3 -c "{GET % path}"'))

    machine.wait_for_unit("clip-search.socket")

    with subtest("it does not run until somebody asks"):
        machine.fail("systemctl is-active clip-search.service")
        listens = machine.succeed("systemctl show --value --property Listen clip-search.socket")
        assert listens.split() == ["127.0.0.1:9000", "(Stream)"], listens
        assert len(get("/search?query=red+bus")) == 5
        machine.succeed("systemctl is-active clip-search.service")
        assert get("/health")["engine"] == "mock"

    with subtest("it ends without requests, and the next one starts it again"):
        machine.wait_until_fails("systemctl is-active clip-search.service")
        machine.succeed("systemctl is-active clip-search.socket")
        assert machine.succeed("systemctl show --value --property Result clip-search").strip() == "success"
        assert len(get("/search?query=moon&limit=2")) == 2

    with subtest("it is confined"):
        machine.succeed("systemd-analyze security --no-pager --threshold=15 clip-search.service")
  '';
}
