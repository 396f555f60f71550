"""aws/box.yaml and its commands in docs/aws.md, without the instance."""

import re

PICTURES = "pictures-of-somebody"
IMAGE = "canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id"


def check(account, checking):
    _, set_up, tear_down = re.findall(r"^```sh\n(.*?)^```$", account.box_page, re.M | re.S)
    bucket = "BUCKET=clip-bot-000000000000-eu-central-1\n"
    here = f"PICTURES={PICTURES}\n{bucket}"
    for name in PICTURES, "another-bucket":
        account.aws("s3", "mb", f"s3://{name}")
        account.aws("s3api", "put-object", "--bucket", name, "--key", "lunch.png")
    account.build_files("box")
    with checking("box: the page's commands set it up"):
        account.sh(here + set_up.replace("/aws/service/" + IMAGE, "/" + IMAGE), "1:token\n")
    keys = account.role_keys()
    for allowed in (
        f"s3api list-objects-v2 --bucket {PICTURES}",
        f"s3api get-object --bucket {PICTURES} --key lunch.png {account.folder}/lunch.png",
        "ssm get-parameter --name /clip-bot/telegram-token --with-decryption",
    ):
        with checking(f"box: its role may {' '.join(allowed.split()[:4])}"):
            account.aws(*allowed.split(), keys=keys)
    for refused in (
        f"s3api put-object --bucket {PICTURES} --key new.png",
        f"s3api delete-object --bucket {PICTURES} --key lunch.png",
        "s3api list-objects-v2 --bucket another-bucket",
        f"s3api get-object --bucket another-bucket --key lunch.png {account.folder}/other.png",
        "s3api list-buckets",
        "lambda list-functions",
    ):
        with checking(f"box: its role may not {' '.join(refused.split()[:4])}"):
            is_refused(account, refused, keys)
    with checking("box: without a bucket of pictures, the role reads none"):
        account.sh(here + "aws cloudformation deploy --stack-name clip-bot --template-file aws/box.yaml"
                   " --capabilities CAPABILITY_IAM --parameter-overrides PicturesBucket=")
        is_refused(account, f"s3api list-objects-v2 --bucket {PICTURES}", account.role_keys())
    with checking("box: tear down"):
        account.sh(f"{bucket}PACKAGE={account.package}\n" + tear_down)
        left = account.aws("iam", "list-roles", "--query", "Roles[?contains(RoleName,`clip`)]", "--output", "text")
        assert not left.strip(), left
    with checking("box: the pictures are still there"):
        account.aws("s3api", "head-object", "--bucket", PICTURES, "--key", "lunch.png")


def is_refused(account, words, keys):
    try:
        said = account.aws(*words.split(), keys=keys)
    except AssertionError as error:
        assert re.search("AccessDenied|not authorized|Forbidden|403", str(error)), error
    else:
        raise AssertionError(f"it may: {said}")
