"""Keys of the databases: rotate."""

import json
from typing import Annotated

import typer

from strategic_prosecution.cli.shared import DEFAULT_OFFICE, Debug, Json, OfficeFile, Wait, app, output, told_in_a_line
from strategic_prosecution.settings import load_office
from strategic_prosecution.stages import keys

commands = typer.Typer(help="Keys of the encrypted databases.", no_args_is_help=True)
app.add_typer(commands, name="keys")


@commands.command()
def rotate(
    file: Annotated[str, typer.Argument(help="records, desk or published", metavar="FILE")],
    new_key_env: Annotated[
        str, typer.Option("--new-key-env", help="the environment variable that holds the new key", metavar="NAME")
    ],
    office: OfficeFile = DEFAULT_OFFICE,
    wait: Wait = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Write a database anew under another key, or under its first; run again, it completes what was stopped."""
    with told_in_a_line(debug):
        settings = load_office(office)
        done = keys.rotate(settings, file, new=new_key_env, wait=wait)
        named = keys.setting(settings, file)
        if as_json:
            output.print_json(json.dumps({"file": file, "files": done.files, "rewritten": done.rewritten}))
            return
        output.print(f"{file}: {done.rewritten} of {done.files} written anew; all answer to the key of {new_key_env}")
        if named is None:
            output.print(f'now write {file}_key_env = "{new_key_env}" in [warehouse] of {office.name}')
        elif named != new_key_env:
            output.print(
                f"now set {named}, which {office.name} names, to that key, "
                f'or write {file}_key_env = "{new_key_env}" there',
                soft_wrap=True,
            )
        output.print("mind: a backup made before needs the key it was made under", soft_wrap=True)
