"""GetCallerIdentity names whoever signs, as CloudTrail names them."""

from tests.scenarios.cloud import small_worlds as small


def test_a_user_is_told_their_own_name():
    with small.world(small.queue()) as world:
        identity = world.client(world.user("alice"), "sts").get_caller_identity()

        assert identity["Arn"] == "arn:aws:iam::123456789012:user/alice"
        assert identity["Account"] == "123456789012"


def test_root_is_told_that_they_are_root():
    with small.world(small.queue()) as world:
        identity = world.client(world.root(), "sts").get_caller_identity()

        assert identity["Arn"] == "arn:aws:iam::123456789012:root"
        assert identity["UserId"] == "123456789012"
