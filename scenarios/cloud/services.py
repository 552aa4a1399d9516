"""Every service that the simulated AWS knows. Their laws are registered in this order.

A law that asks for another by its class (`setting.laws[CloudWatch]`) must stand behind it.
"""

from scenarios.cloud.apigateway.manifest import SERVICE as APIGATEWAY
from scenarios.cloud.apigatewaymanagementapi.manifest import SERVICE as APIGATEWAY_CONNECTIONS
from scenarios.cloud.apigatewayv2.manifest import SERVICE as APIGATEWAYV2
from scenarios.cloud.athena.manifest import SERVICE as ATHENA
from scenarios.cloud.autoscaling.manifest import SERVICE as AUTOSCALING
from scenarios.cloud.cloudformation.manifest import SERVICE as CLOUDFORMATION
from scenarios.cloud.cloudfront.manifest import SERVICE as CLOUDFRONT
from scenarios.cloud.cloudtrail.manifest import SERVICE as CLOUDTRAIL
from scenarios.cloud.cloudwatch.manifest import SERVICE as CLOUDWATCH
from scenarios.cloud.codebuild.manifest import SERVICE as CODEBUILD
from scenarios.cloud.cognito.manifest import SERVICE as COGNITO
from scenarios.cloud.config.manifest import SERVICE as CONFIG
from scenarios.cloud.dynamodb.manifest import SERVICE as DYNAMODB
from scenarios.cloud.ec2.manifest import SERVICE as EC2
from scenarios.cloud.ecs.manifest import SERVICE as ECS
from scenarios.cloud.elasticbeanstalk.manifest import SERVICE as ELASTIC_BEANSTALK
from scenarios.cloud.elb.manifest import SERVICE as ELB
from scenarios.cloud.elbv2.manifest import SERVICE as ELBV2
from scenarios.cloud.eventbridge.manifest import SERVICE as EVENTS
from scenarios.cloud.firehose.manifest import SERVICE as FIREHOSE
from scenarios.cloud.functions.manifest import SERVICE as LAMBDA
from scenarios.cloud.globalaccelerator.manifest import SERVICE as GLOBAL_ACCELERATOR
from scenarios.cloud.glue.manifest import SERVICE as GLUE
from scenarios.cloud.guardduty.manifest import SERVICE as GUARDDUTY
from scenarios.cloud.iam.manifest import SERVICE as IAM
from scenarios.cloud.iot.manifest import SERVICE as IOT
from scenarios.cloud.iotdata.manifest import SERVICE as IOT_DATA
from scenarios.cloud.kafka.manifest import SERVICE as KAFKA
from scenarios.cloud.kinesis.manifest import SERVICE as KINESIS
from scenarios.cloud.kms.manifest import SERVICE as KMS
from scenarios.cloud.logs.manifest import SERVICE as LOGS
from scenarios.cloud.macie2.manifest import SERVICE as MACIE
from scenarios.cloud.oam.manifest import SERVICE as OAM
from scenarios.cloud.opensearch.manifest import SERVICE as OPENSEARCH
from scenarios.cloud.organizations.manifest import SERVICE as ORGANIZATIONS
from scenarios.cloud.rds.manifest import SERVICE as RDS
from scenarios.cloud.recorded_only import RECORDED_ONLY
from scenarios.cloud.route53.manifest import SERVICE as ROUTE53
from scenarios.cloud.route53resolver.manifest import SERVICE as ROUTE53_RESOLVER
from scenarios.cloud.s3.manifest import SERVICE as S3
from scenarios.cloud.scheduler.manifest import SERVICE as SCHEDULER
from scenarios.cloud.secretsmanager.manifest import SERVICE as SECRETSMANAGER
from scenarios.cloud.securityhub.manifest import SERVICE as SECURITYHUB
from scenarios.cloud.service import Registry, Service
from scenarios.cloud.sns.manifest import SERVICE as SNS
from scenarios.cloud.sqs.manifest import SERVICE as SQS
from scenarios.cloud.ssm.manifest import SERVICE as SSM
from scenarios.cloud.stepfunctions.manifest import SERVICE as STEPFUNCTIONS
from scenarios.cloud.sts.manifest import SERVICE as STS
from scenarios.cloud.wafv2.manifest import SERVICE as WAFV2

SERVICES: tuple[Service, ...] = (
    APIGATEWAY,
    APIGATEWAYV2,
    APIGATEWAY_CONNECTIONS,
    CLOUDFORMATION,
    CLOUDTRAIL,
    CLOUDWATCH,
    CODEBUILD,
    COGNITO,
    CONFIG,
    DYNAMODB,
    EC2,
    AUTOSCALING,
    EVENTS,
    GLOBAL_ACCELERATOR,
    GUARDDUTY,
    IAM,
    IOT,
    IOT_DATA,
    KAFKA,
    KINESIS,
    KMS,
    LAMBDA,
    FIREHOSE,
    OAM,
    LOGS,
    MACIE,
    OPENSEARCH,
    ORGANIZATIONS,
    RDS,
    ROUTE53,
    ROUTE53_RESOLVER,
    S3,
    SCHEDULER,
    SECRETSMANAGER,
    SECURITYHUB,
    SNS,
    SQS,
    SSM,
    STEPFUNCTIONS,
    STS,
    GLUE,
    ATHENA,
    CLOUDFRONT,
    ECS,
    ELASTIC_BEANSTALK,
    ELB,
    ELBV2,
    WAFV2,
    *RECORDED_ONLY,
)

REGISTRY = Registry(SERVICES)
