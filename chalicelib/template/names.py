"""A stack whose name is too long is refused, and the refusal names the limit.

CloudFormation cuts long names short where it makes names of its own, and no rule of a template can ask how
long the stack's is. Parameter Store refuses a value that its pattern doesn't allow; so one parameter holds
the stack's name, and its logical id is what the failed deploy says.

Source: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html
"""

from chalicelib.template.parts import Template

# With `-`, the longest logical id of a function's role, `-` and CloudFormation's ending: 64 characters.
LONGEST_HOME = 23
# With the longest name of a rule that forwards.
LONGEST_SPOKE = 21


def not_longer_than(most: int) -> Template:
    """The parameter that can't be made for a stack with a longer name."""
    return {
        f"StackNameHas{most}CharactersAtMost": {
            "Type": "AWS::SSM::Parameter",
            "Properties": {
                "Name": {"Fn::Sub": "/${AWS::StackName}/stack-name"},
                "Type": "String",
                "Value": {"Ref": "AWS::StackName"},
                "AllowedPattern": f"^.{{1,{most}}}$",
                "Description": f"A stack's name has at most {most} characters; longer ones are cut in names.",
            },
        }
    }
