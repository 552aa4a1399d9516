"""The resource types that a metrics explorer widget may name, as AWS's page spells them.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
(Valid resourceType Values for a Metric Explorer Widget Object)
"""

from typing import Final

_NAMES: Final = """
    AmazonMQ::Broker ApiGateway::RestApi AppStream::Fleet AppSync::GraphQLApi CloudFront::Distribution
    CodeBuild::Project Datasync::Agent Datasync::Task DMS::ReplicationInstance DynamoDB::Table
    EC2::CapacityReservation EC2::Instance EC2::NatGateway EC2::TransitGateway EC2::Volume
    EC2::VPNConnection ECS::Cluster EFS::FileSystem ElastiCache::CacheCluster
    ElastiCache::ReplicationGroup ElasticBeanstalk::Environment ElasticLoadBalancing::LoadBalancer
    ElasticLoadBalancingV2::LoadBalancer/ApplicationELB ElasticLoadBalancingV2::LoadBalancer/GatewayELB
    ElasticLoadBalancingV2::LoadBalancer/NetworkELB ElasticLoadBalancingV2::TargetGroup EMR::Cluster
    Events::Rule FSx::FileSystem GameLift::Fleet GlobalAccelerator::Accelerator IoT::TopicRule
    IoT1Click::Device IoTAnalytics::Channel IoTAnalytics::Dataset IoTAnalytics::Datastore
    IoTAnalytics::Pipeline Kafka::Cluster Kinesis::Stream KinesisAnalytics::Application
    KinesisFirehose::DeliveryStream KinesisVideo::Stream KMS::Key Lambda::Function Logs::LogGroup
    MediaPackage::Channel MediaStore::Container OpsWorks::Instance OpsWorks::Layer OpsWorks::Stack
    QLDB::Ledger RDS::DBInstance Redshift::Cluster RoboMaker::SimulationJob Route53::HealthCheck
    Route53Resolver::ResolverEndpoint S3::Bucket SageMaker::Endpoint
    ServiceCatalog::CloudFormationProduct SES::ConfigurationSet SNS::Topic SQS::Queue
    StepFunctions::Activity StepFunctions::StateMachine StorageGateway::Gateway Synthetics::Canary
    Transfer::Server WorkMail::Organization WorkSpaces::Workspace
"""
RESOURCE_TYPES: Final = tuple(f"AWS::{each}" for each in _NAMES.split())
