# Writes the parameter PARAMETER of the Systems Manager to RUNTIME_DIRECTORY/telegram-token. Keys and
# token go from program to program by files and pipes, never by command lines, which others can read.
metadata=${METADATA:-http://169.254.169.254}
ask() { curl --silent --show-error --fail --max-time 10 --retry 3 "$@"; }

session=$(ask --request PUT --header 'X-aws-ec2-metadata-token-ttl-seconds: 60' "$metadata/latest/api/token")
from() { ask --header "X-aws-ec2-metadata-token: $session" "$metadata/latest/meta-data/$1"; }

region=$(from placement/region)
role=$(from iam/security-credentials/)
url=${SSM:-https://ssm.$region.amazonaws.com}

# A file of options for curl. AWS's keys hold no quotes and no backslashes.
from "iam/security-credentials/$role" |
  jq --raw-output '"user = \"\(.AccessKeyId):\(.SecretAccessKey)\"", "header = \"X-Amz-Security-Token: \(.Token)\""' |
  ask --config - --aws-sigv4 "aws:amz:$region:ssm" \
    --header 'Content-Type: application/x-amz-json-1.1' \
    --header 'X-Amz-Target: AmazonSSM.GetParameter' \
    --data "$(jq --null-input --arg name "$PARAMETER" '{Name: $name, WithDecryption: true}')" \
    "$url/" |
  jq --exit-status --raw-output .Parameter.Value > "$RUNTIME_DIRECTORY/telegram-token.new"
mv "$RUNTIME_DIRECTORY/telegram-token.new" "$RUNTIME_DIRECTORY/telegram-token"
