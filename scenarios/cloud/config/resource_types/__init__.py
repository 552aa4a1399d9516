"""The types of resources that AWS Config records here, and how each one's configuration is read.

Each is one small function from the answers of the service's own API to the resources as they are now.
Config's names of types: `ResourceType` in
https://docs.aws.amazon.com/config/latest/APIReference/API_ResourceIdentifier.html. Snapshots and images of
EC2, access keys and log groups are no such types: AWS records none of them. Who asks for a type that AWS
records, and that is not here, hears NotSimulated.
"""
