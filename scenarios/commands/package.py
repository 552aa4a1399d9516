"""`trailwarden package`: writes the files for AWS, lints them, and prints the commands that deploy them."""

from collections.abc import Mapping
from pathlib import Path

import click

from chalicelib.wording import number_of
from scenarios.cloud.kernel.errors import InvalidTemplate
from scenarios.runner.show.progress import progress


@click.command()
@click.option("--stage", default="prod", show_default=True, help="A stage of .chalice/config.json.")
@click.argument("out", type=click.Path(file_okay=False))
def command(stage: str, out: str) -> int:
    """Write the templates and deployment.zip into OUT, ready for `aws cloudformation package`.

    First brings the generated files of the project up to date: the fragment, the policies and their list in
    .chalice/config.json, requirements.txt, the tables of README. Exits with 1 when cfn-lint finds something,
    before or after the transform.
    """
    if not out:
        raise click.UsageError("OUT is empty; it names the folder to write to")
    return _package(stage, Path(out))


def _package(stage: str, out: Path) -> int:
    # Imported here: --help and completion should not wait for cfn-lint and chalice.
    from scenarios.packaging import documents, lambda_package, sam  # noqa: PLC0415 - see above

    try:
        with progress() as line:
            line.say("bringing the generated files up to date")
            changed = sam.regenerate()
            line.say("writing the templates, fetching the wheels for Lambda")
            paths = lambda_package.write_package(stage, out)
            line.say("linting the templates, before and after the transform")
            strangers = lambda_package.strangers(paths["deployment.zip"])
            findings = [
                *lambda_package.lint(paths),
                *(f"deployment.zip: holds {name}" for name in strangers),
            ]
    except (
        sam.UnknownStage,
        documents.UnknownSection,
        lambda_package.NotForAws,
        lambda_package.CannotBuild,
        InvalidTemplate,
    ) as error:
        raise click.UsageError(str(error)) from error
    except OSError as error:
        raise click.UsageError(
            f"{error.filename or out}: {(error.strerror or str(error)).lower()}"
        ) from error
    for path in changed:
        click.echo(f"regenerated {path.relative_to(sam.PROJECT)}")
    for path in paths.values():
        click.echo(f"wrote       {path} ({_size(path)})")
    for finding in findings:
        click.echo(finding)
    if findings:
        click.echo(
            f"trailwarden: {number_of(len(findings), 'finding')}; do not deploy this",
            err=True,
        )
        return 1
    click.echo("linted      clean, before and after the transform")
    click.echo(_next(out, paths))
    return 0


def _size(path: Path) -> str:
    size = path.stat().st_size
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{size / 1e3:.0f} kB"


def _next(out: Path, paths: Mapping[str, Path]) -> str:
    """The commands that come next, ready to be copied."""
    packaged = out / "packaged.yaml"
    return f"""
Next, in the home region:

  aws cloudformation package --template-file {paths["sam.json"]} \\
    --s3-bucket YOUR_BUCKET --output-template-file {packaged}
  aws cloudformation deploy --template-file {packaged} --stack-name trailwarden \\
    --s3-bucket YOUR_BUCKET --capabilities CAPABILITY_IAM --parameter-overrides AlertEmail=YOU@EXAMPLE.COM

Then in every other watched region, and in us-east-1 if that is not the home:

  aws cloudformation deploy --template-file {paths["spoke.json"]} --stack-name trailwarden-spoke \\
    --capabilities CAPABILITY_IAM --region REGION --parameter-overrides HomeRegion=HOME HomeStack=trailwarden

For each host that is to be watched (its tag Trailwarden=watched has the agent installed):

  aws cloudformation deploy --template-file {paths["host.json"]} --stack-name trailwarden-host-NAME \\
    --parameter-overrides InstanceId=i-...

To keep the trail's bucket in another account, first of all and there (its name is the stack's ArchiveBucket):

  aws cloudformation deploy --template-file {paths["archive.json"]} --stack-name trailwarden-archive \\
    --parameter-overrides WatchedAccount=ACCOUNT \\
    TrailArn=arn:aws:cloudtrail:HOME:ACCOUNT:trail/trailwarden-trail WatchEmail=SOMEBODY@EXAMPLE.COM

To find what was so before, where AWS Config records (told by the main stack's ConfigRulesTold=trailwarden-*):

  aws cloudformation deploy --template-file {paths["config-rules.json"]} \\
    --stack-name trailwarden-config-rules"""
