"""SNS, SQS, EventBridge, Kinesis, Data Firehose."""

SNS = """
ListTopics                      =                         *
ListSubscriptions               =                         *
CreateTopic                     =                         topic(Name)
DeleteTopic                     =                         topic(TopicArn)
GetTopicAttributes              =                         topic(TopicArn)
SetTopicAttributes              =                         topic(TopicArn)
AddPermission                   =                         topic(TopicArn)
RemovePermission                =                         topic(TopicArn)
ListSubscriptionsByTopic        =                         topic(TopicArn)
Publish +TopicArn               =                         topic(TopicArn)
Publish +TargetArn              =                         topic(TargetArn)
Publish +PhoneNumber            =                         *
PublishBatch                    sns:Publish               topic(TopicArn)
Subscribe                       =                         topic(TopicArn)
ConfirmSubscription             =                         topic(TopicArn)
Unsubscribe                     =                         subscribed(SubscriptionArn)
GetSubscriptionAttributes       =                         subscribed(SubscriptionArn)
SetSubscriptionAttributes       =                         subscribed(SubscriptionArn)
TagResource                     =                         topic(ResourceArn)
UntagResource                   =                         topic(ResourceArn)
ListTagsForResource             =                         topic(ResourceArn)
"""

SQS = """
ListQueues                      =                         *
CreateQueue                     =                         queue(QueueName)
GetQueueUrl                     =                         queue(QueueName,QueueOwnerAWSAccountId=)
DeleteQueue                     =                         queue(QueueUrl)
PurgeQueue                      =                         queue(QueueUrl)
GetQueueAttributes              =                         queue(QueueUrl)
SetQueueAttributes              =                         queue(QueueUrl)
AddPermission                   =                         queue(QueueUrl)
RemovePermission                =                         queue(QueueUrl)
SendMessage                     =                         queue(QueueUrl)
SendMessageBatch                sqs:SendMessage           queue(QueueUrl)
ReceiveMessage                  =                         queue(QueueUrl)
DeleteMessage                   =                         queue(QueueUrl)
DeleteMessageBatch              sqs:DeleteMessage         queue(QueueUrl)
ChangeMessageVisibility         =                         queue(QueueUrl)
ChangeMessageVisibilityBatch    sqs:ChangeMessageVisibility queue(QueueUrl)
ListDeadLetterSourceQueues      =                         queue(QueueUrl)
ListQueueTags                   =                         queue(QueueUrl)
TagQueue                        =                         queue(QueueUrl)
UntagQueue                      =                         queue(QueueUrl)
StartMessageMoveTask            =                         queue(SourceArn)
ListMessageMoveTasks            =                         queue(SourceArn)
"""

EVENTS = """
PutEvents                       =                         bus(Entries[].EventBusName=default)
ListEventBuses                  =                         *
CreateEventBus                  =                         bus(Name)
DescribeEventBus                =                         bus(Name=default)
UpdateEventBus                  =                         bus(Name=default)
DeleteEventBus                  =                         bus(Name)
PutPermission                   =                         *
RemovePermission                =                         *
TestEventPattern                =                         *
ListRules                       =                         *
ListRuleNamesByTarget           =                         *
PutRule                         =                         rule(Name,EventBusName=default)
PutRule +RoleArn                iam:PassRole              role(RoleArn)
DescribeRule                    =                         rule(Name,EventBusName=default)
EnableRule                      =                         rule(Name,EventBusName=default)
DisableRule                     =                         rule(Name,EventBusName=default)
DeleteRule                      =                         rule(Name,EventBusName=default)
PutTargets                      =                         rule(Rule,EventBusName=default)
PutTargets                      iam:PassRole              role(Targets[+RoleArn].RoleArn)
RemoveTargets                   =                         rule(Rule,EventBusName=default)
ListTargetsByRule               =                         rule(Rule,EventBusName=default)
ListArchives                    =                         *
CreateArchive                   =                         archive(ArchiveName)
DescribeArchive                 =                         archive(ArchiveName)
DeleteArchive                   =                         archive(ArchiveName)
ListReplays                     =                         *
StartReplay                     =                         replay(ReplayName)
DescribeReplay                  =                         replay(ReplayName)
CancelReplay                    =                         replay(ReplayName)
TagResource                     =                         given(ResourceARN)
UntagResource                   =                         given(ResourceARN)
ListTagsForResource             =                         given(ResourceARN)
"""

KINESIS = """
ListStreams                     =                         *
DescribeLimits                  =                         *
CreateStream                    =                         stream(StreamName)
DescribeStream +StreamName      =                         stream(StreamName)
DescribeStream +StreamARN       =                         stream(StreamARN)
DescribeStreamSummary +StreamName =                       stream(StreamName)
DescribeStreamSummary +StreamARN  =                       stream(StreamARN)
DeleteStream +StreamName        =                         stream(StreamName)
DeleteStream +StreamARN         =                         stream(StreamARN)
ListShards +StreamName          =                         stream(StreamName)
ListShards +StreamARN           =                         stream(StreamARN)
PutRecord +StreamName           =                         stream(StreamName)
PutRecord +StreamARN            =                         stream(StreamARN)
PutRecords +StreamName          =                         stream(StreamName)
PutRecords +StreamARN           =                         stream(StreamARN)
GetShardIterator +StreamName    =                         stream(StreamName)
GetShardIterator +StreamARN     =                         stream(StreamARN)
GetRecords +StreamARN           =                         stream(StreamARN)
IncreaseStreamRetentionPeriod +StreamName =               stream(StreamName)
IncreaseStreamRetentionPeriod +StreamARN  =               stream(StreamARN)
DecreaseStreamRetentionPeriod +StreamName =               stream(StreamName)
DecreaseStreamRetentionPeriod +StreamARN  =               stream(StreamARN)
StartStreamEncryption +StreamName =                       stream(StreamName)
StartStreamEncryption +StreamARN  =                       stream(StreamARN)
StopStreamEncryption +StreamName  =                       stream(StreamName)
StopStreamEncryption +StreamARN   =                       stream(StreamARN)
"""

FIREHOSE = """
ListDeliveryStreams             =                         *
CreateDeliveryStream            =                         delivery_stream(DeliveryStreamName)
CreateDeliveryStream            iam:PassRole              role(S3DestinationConfiguration.RoleARN)
CreateDeliveryStream            iam:PassRole              role(ExtendedS3DestinationConfiguration.RoleARN)
CreateDeliveryStream            iam:PassRole              role(KinesisStreamSourceConfiguration.RoleARN)
DescribeDeliveryStream          =                         delivery_stream(DeliveryStreamName)
DeleteDeliveryStream            =                         delivery_stream(DeliveryStreamName)
PutRecord                       =                         delivery_stream(DeliveryStreamName)
PutRecordBatch                  =                         delivery_stream(DeliveryStreamName)
StartDeliveryStreamEncryption   =                         delivery_stream(DeliveryStreamName)
StopDeliveryStreamEncryption    =                         delivery_stream(DeliveryStreamName)
UpdateDestination               =                         delivery_stream(DeliveryStreamName)
"""
