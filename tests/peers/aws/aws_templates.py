"""What aws/*.yaml say, also where no emulator looks: rules, and the user data as an instance gets it."""

import os
import pathlib
import re
import subprocess
import sys

import yaml
from peers import ROOT

API, BOT, BOX = (ROOT / f"aws/{name}.yaml" for name in ("api", "bot", "box"))


class Loader(yaml.SafeLoader):
    """Reads `!Ref x` as {"Ref": "x"}, and so on."""


def _tag(loader, suffix, node):
    if isinstance(node, yaml.ScalarNode):
        return {suffix: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {suffix: loader.construct_sequence(node, deep=True)}
    return {suffix: loader.construct_mapping(node, deep=True)}


Loader.add_multi_constructor("!", _tag)


def resources(path, kind):
    found = yaml.load(path.read_text(), Loader)["Resources"].values()
    return [one["Properties"] for one in found if one["Type"] == f"AWS::{kind}"]


def lint():
    subprocess.run(["cfn-lint", API, BOT, BOX], check=True, stdout=sys.stderr)


def endpoint_is_private():
    routes = {
        route["RouteKey"]: route["AuthorizationType"]
        for route in resources(API, "ApiGatewayV2::Route")
    }
    assert routes == {"GET /search": "AWS_IAM", "POST /search": "AWS_IAM"}, routes
    (permission,) = resources(API, "Lambda::Permission")
    assert permission["Principal"] == "apigateway.amazonaws.com", permission
    assert permission["SourceArn"]["Sub"].endswith(":${Api}/*/*/search"), permission
    assert not resources(API, "Lambda::Url")


def endpoint_is_bounded():
    (function,), (integration,) = resources(API, "Lambda::Function"), resources(
        API, "ApiGatewayV2::Integration"
    )
    assert function["Timeout"] == 29 and integration["TimeoutInMillis"] == 30_000
    assert integration["PayloadFormatVersion"] == "2.0"
    (stage,) = resources(API, "ApiGatewayV2::Stage")
    assert set(stage["DefaultRouteSettings"]) >= {
        "ThrottlingRateLimit",
        "ThrottlingBurstLimit",
    }, stage
    groups = resources(API, "Logs::LogGroup")
    assert len(groups) == 2 and all("RetentionInDays" in group for group in groups), groups


def without_a_space_clip_runs_in_it():
    (function,) = resources(API, "Lambda::Function")
    given, left_out = {}, {}
    for name, value in function["Environment"]["Variables"].items():
        condition, *choice = value["If"] if "If" in value else (None, value, value)
        assert condition in (None, "HasSpace", "HasHfToken"), value
        given[name], left_out[name] = choice
    own = ["CLIP_SEARCH_MODEL", "CLIP_SEARCH_INDEX"]
    nothing = {"Ref": "AWS::NoValue"}
    assert given["CLIP_SEARCH_ENGINE"] == "space" and [given[name] for name in own] == [nothing] * 2, given
    # What docs/clip.md packs, where Lambda unpacks it.
    assert left_out["CLIP_SEARCH_ENGINE"] == "clip" and left_out["CLIP_SEARCH_SPACE"] == nothing, left_out
    assert [left_out[name] for name in own] == ["/var/task/model.clip", "/var/task/index"], left_out


def logs_hold_no_query():
    (stage,) = resources(API, "ApiGatewayV2::Stage")
    named = set(re.findall(r"\$context\.([\w.]+)", stage["AccessLogSettings"]["Format"]))
    known = "requestTime requestId routeKey identity.userArn status responseLatency integrationErrorMessage"
    assert named == set(known.split()), named


def instances_are_closed():
    for template in BOT, BOX:
        is_closed(template)


def is_closed(template):
    (instance,) = resources(template, "EC2::Instance")
    (group,) = resources(template, "EC2::SecurityGroup")
    assert "SecurityGroupIngress" not in group and not resources(template, "EC2::SecurityGroupIngress")
    assert [rule["FromPort"] for rule in group["SecurityGroupEgress"]] == [443, 80], group
    assert all(rule["FromPort"] == rule["ToPort"] for rule in group["SecurityGroupEgress"]), group
    options = instance["MetadataOptions"]
    assert (options["HttpTokens"], options["HttpPutResponseHopLimit"]) == ("required", 1), options
    assert all(disk["Ebs"]["Encrypted"] is True for disk in instance["BlockDeviceMappings"])
    assert instance["CreditSpecification"] == {"CPUCredits": "standard"}
    assert "KeyName" not in instance


def roles_are_narrow():
    for template in BOT, BOX:
        (role,) = resources(template, "IAM::Role")
        assert "ManagedPolicyArns" not in role
        (policy,) = role["Policies"]
        is_narrow(policy)
    (pictures,) = resources(BOX, "IAM::Policy")
    found = [(s["Action"], s["Resource"]["Sub"]) for s in pictures["PolicyDocument"]["Statement"]]
    bucket = "arn:${AWS::Partition}:s3:::${PicturesBucket}"
    assert found == [("s3:ListBucket", bucket), ("s3:GetObject", bucket + "/*")], found


def is_narrow(policy):
    wide = [s["Sid"] for s in policy["PolicyDocument"]["Statement"] if s["Resource"] == "*"]
    assert wide == ["SessionManager"], wide
    actions = [s["Action"] for s in policy["PolicyDocument"]["Statement"]]
    assert "*" not in str(actions), actions


def what_both_instances_have_is_the_same():
    """The box is the bot's instance with an engine of its own: the way in and out, and the script."""
    bot, box = (yaml.load(path.read_text(), Loader) for path in (BOT, BOX))
    names = set(bot["Resources"]) - {"Bot", "BotRole"}
    assert {name: box["Resources"][name] for name in names} == {
        name: bot["Resources"][name] for name in names
    }
    names = {"TokenParameter": "/token"} | {"ApiId": "a", "Bucket": "b", "Model": "m", "PicturesBucket": "p"}
    files = [files_of(user_data(path, **names, AWS__Region="r", AWS__URLSuffix="s")) for path in (BOT, BOX)]
    for unit in "clip-bot-token", "clip-bot-package":
        one, other = (text[f"/etc/systemd/system/{unit}.service"] for text in files)
        assert one == other, unit
    one, other = (text["/usr/local/sbin/clip-bot-aws"].split("# A folder without")[0] for text in files)
    assert one.startswith(other.rstrip()), "the script"


def template_without_instance(template=BOT):
    """The template for MiniStack, which knows no instances in a stack."""
    text = template.read_text()
    start, end = text.index("\n  Bot:\n"), text.index("\nOutputs:")
    outputs = text[end:].replace("!Ref Bot\n", "none\n").replace("${Bot}", "none")
    return text[:start] + "\n" + outputs


def user_data(template, **names):
    """The instance's user data, with `names` in place of ${…}; `__` stands for `::`."""
    (instance,) = resources(template, "EC2::Instance")
    values = {name.replace("__", "::"): value for name, value in names.items()}
    text = instance["UserData"]["Fn::Base64"]["Sub"]
    return re.sub(r"\$\{([^}]*)\}", lambda found: values[found[1]], text)


def files_of(text):
    """What user data writes, by path."""
    return {one["path"]: one["content"] for one in yaml.safe_load(text)["write_files"]}


def check_user_data(text, folder):
    path = pathlib.Path(folder) / "user-data.yaml"
    path.write_text(text)
    command = [sys.executable, "-m", "cloudinit.cmd.main", "schema", "--config-file", path]
    environment = os.environ | {"PYTHONPATH": os.environ["CLOUD_INIT"]}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0 and "Valid" in done.stdout, done.stdout + done.stderr
    assert len(text) < 16_384, "EC2 takes no more"
    scripts = [content for content in files_of(text).values() if content.startswith("#!/bin/sh")]
    assert scripts
    for script in scripts:
        subprocess.run(["sh", "-n"], input=script, text=True, check=True)
