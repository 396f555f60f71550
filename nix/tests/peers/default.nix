# A Bot API server and a search endpoint on the same machine, as notify units, and the command `chat`
# to talk to the bot through them.
{ lib, pkgs, ... }:
let
  peer = pkgs.writeShellApplication {
    name = "chat";
    runtimeInputs = [ pkgs.python3 ];
    text = ''
      PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=${../../../tests/peers/systemd} exec python3 ${./peer.py} "$@"
    '';
  };
  service = name: {
    wantedBy = [ "multi-user.target" ];
    before = [ "clip-bot.service" ];
    serviceConfig = {
      Type = "notify";
      NotifyAccess = "all";
      ExecStart = "${lib.getExe peer} ${name}";
    };
  };
in
{
  environment.systemPackages = [ peer ];
  systemd.services = {
    telegram = service "telegram";
    endpoint = service "endpoint";
  };
}
