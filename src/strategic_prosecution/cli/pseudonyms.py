"""The key of the pseudonyms: rotate."""

from typing import Annotated

import typer

from strategic_prosecution import stages
from strategic_prosecution.cli.shared import DEFAULT_OFFICE, Debug, OfficeFile, Wait, app, output, told_in_a_line
from strategic_prosecution.settings import load_office
from strategic_prosecution.stages import pseudonym_keys

commands = typer.Typer(help="Pseudonyms of people in what is published.", no_args_is_help=True)
app.add_typer(commands, name="pseudonyms")


@commands.command()
def rotate(
    why: Annotated[str, typer.Option("--why", help="why the key changes; names nobody")] = "",
    wait: Wait = False,
    office: OfficeFile = DEFAULT_OFFICE,
    debug: Debug = False,
) -> None:
    """Publish anew under the key that is now in the environment, and remove what older keys published.

    Run again, it completes what was stopped.
    """
    with told_in_a_line(debug):
        settings = load_office(office)
        with stages.holding(settings, what="pseudonyms rotate", wait=wait):
            is_new = pseudonym_keys.rotate(
                settings, why=why, known_on=stages.calendar_day(settings), night=stages.nightly
            )
        began = "the new key is in force" if is_new else "the rotation that was stopped is finished"
        output.print(f"{began}; every earlier edition is removed", soft_wrap=True)
        output.print("mind: copies that partners hold join nothing any more; give them the new edition", soft_wrap=True)
