"""The Lambda function that ours is measured against, as its public description has it: gradio_client.
SPACE=URL reference_function.py QUERY

Calls the handler once, which is what a new instance does first, and prints its answer and the most
memory the process had, in KiB. Without Lambda's own Python program, which only makes it quicker.
"""

import json
import os
import sys
from pathlib import Path

from gradio_client import Client


def handler(event, _context):
    client = Client(os.environ["SPACE"], verbose=False, download_files=False)
    query = event["queryStringParameters"]["query"]
    pictures = client.predict(query, 4, api_name="/gallery")
    urls = [picture["image"]["url"] for picture in pictures]
    return {"statusCode": 200, "body": json.dumps(urls)}


if __name__ == "__main__":
    answer = handler({"version": "2.0", "queryStringParameters": {"query": sys.argv[1]}}, None)
    status = Path("/proc/self/status").read_text()
    print(json.dumps([answer, int(status.split("VmHWM:")[1].split()[0])]), flush=True)
    # Its threads would keep it a while.
    os._exit(0)
