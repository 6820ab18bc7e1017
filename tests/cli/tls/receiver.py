"""Takes one connection over TLS, prints its port first and then all that it received."""

import pathlib
import socket
import ssl
import sys

here = pathlib.Path(__file__).parent
context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
context.load_cert_chain(here / "server.pem", here / "server.key")
with socket.create_server(("127.0.0.1", 0)) as listener:
    listener.settimeout(60)
    print(listener.getsockname()[1], flush=True)
    try:
        with context.wrap_socket(listener.accept()[0], server_side=True) as stream:
            while piece := stream.recv(65536):
                sys.stdout.buffer.write(piece)
    except ssl.SSLError as error:
        print(f"refused: {error.reason}")
